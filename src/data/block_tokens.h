// The first half of build_shards: reads blocks of lines and tokenizes them.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/shards.h"
#include "program/line_reader.h"

namespace rpp {

struct Block {
  std::string text;
  std::vector<size_t> line_ends;  // offsets into text
  std::vector<size_t> file_ends;  // line numbers before which a file ended
  size_t first_input = 0;         // origin of its first line: index of the input,
  int64_t first_line = 1;         // and line number in that file
};
using Batch = std::vector<Block>;

// The sentences of a block: concatenated ids, as in a shard. A size of kDocumentEnd separates documents.
struct Tokens {
  static constexpr int64_t kDocumentEnd = -1;
  std::string ids;
  std::vector<int64_t> sizes;
  BuildReport report;  // of this block only
};

// Reads the inputs in order as batches of blocks; an empty batch means the end.
class BlockReader {
 public:
  explicit BlockReader(std::span<const std::filesystem::path> inputs) : inputs_(inputs) {}
  Batch next_batch();

 private:
  Block next_block();
  bool open_next();

  std::span<const std::filesystem::path> inputs_;
  size_t next_input_ = 0;
  std::optional<LineReader> reader_;
};

// One result per block, in order. Throws Error with file and line for bytes that are not UTF-8.
std::vector<Tokens> tokenize_batch(const Batch& batch, std::span<const std::filesystem::path> inputs,
                                   const Tokenizer& tokenizer, int num_threads);

}  // namespace rpp
