// The first half of build_shards: blocks of lines, and their ids as shards have them.
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
  std::vector<size_t> file_ends;  // numbers of lines before which a file ended
  size_t first_input = 0;         // where its first line comes from: index into the inputs,
  int64_t first_line = 1;         // and number in that file
};
using Batch = std::vector<Block>;

// Sentences of a block: ids end to end, as a shard has them. A size of kDocumentEnd stands between documents.
struct Tokens {
  static constexpr int64_t kDocumentEnd = -1;
  std::string ids;
  std::vector<int64_t> sizes;
  BuildReport report;  // of this block alone
};

// Reads the inputs one after the other as batches of blocks; an empty batch is the end.
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

// One for each block, in their order. Throws Error with file and line for bytes that are not UTF-8.
std::vector<Tokens> tokenize_batch(const Batch& batch, std::span<const std::filesystem::path> inputs,
                                   const Tokenizer& tokenizer, int num_threads);

}  // namespace rpp
