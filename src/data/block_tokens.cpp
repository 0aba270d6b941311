#include "block_tokens.h"

#include <algorithm>
#include <cstring>

#include "core/parallel_for.h"
#include "shard_format.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

constexpr size_t kBlockBytes = 1 << 18;
constexpr size_t kBlocksPerBatch = 64;  // the number of threads that can share a batch

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\v\f") == std::string_view::npos;
}

// Appends the ids of one line to `ids`, and their number, or a document end, to `tokens`.
void tokenize_line(std::string_view line, const Tokenizer& tokenizer, std::vector<int32_t>& ids,
                   Tokens& tokens) {
  if (is_blank(line)) {
    ++tokens.report.empty_lines;
    tokens.sizes.push_back(Tokens::kDocumentEnd);
    return;
  }
  const size_t before = ids.size();
  tokenizer.encode_into(line, ids);
  if (ids.size() == before) {
    ++tokens.report.empty_sentences;
    return;
  }
  tokens.sizes.push_back(static_cast<int64_t>(ids.size() - before));
}

template <typename Id>
std::string pack_ids(std::span<const int32_t> ids) {
  std::string bytes(ids.size() * sizeof(Id), '\0');
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto id = static_cast<Id>(ids[i]);
    std::memcpy(&bytes[i * sizeof(Id)], &id, sizeof(Id));
  }
  return bytes;
}

// Checks the whole text first, in a third of the time of a check line by line. A sequence cut at a line end
// may be completed by the start of the next line, so lines are checked too.
bool is_utf8(const Block& block) {
  if (find_invalid_utf8(block.text) != block.text.size()) return false;
  const auto begins_amid = [&](size_t begin) {
    return begin < block.text.size() && (static_cast<unsigned char>(block.text[begin]) & 0xC0) == 0x80;
  };
  return std::ranges::none_of(block.line_ends, begins_amid);
}

void check_utf8(const Block& block, std::span<const std::filesystem::path> inputs) {
  if (is_utf8(block)) return;
  size_t begin = 0, input = block.first_input;
  int64_t number = block.first_line;
  auto file_end = block.file_ends.begin();
  for (size_t line = 0; line < block.line_ends.size(); ++line, ++number) {
    for (; file_end != block.file_ends.end() && *file_end == line; ++file_end) ++input, number = 1;
    require_utf8(std::string_view(block.text).substr(begin, block.line_ends[line] - begin), inputs[input],
                 number);
    begin = block.line_ends[line];
  }
}

Tokens tokenize_block(const Block& block, const Tokenizer& tokenizer) {
  Tokens tokens;
  std::vector<int32_t> ids;
  size_t begin = 0;
  auto file_end = block.file_ends.begin();
  for (size_t line = 0; line <= block.line_ends.size(); ++line) {
    for (; file_end != block.file_ends.end() && *file_end == line; ++file_end) {
      tokens.sizes.push_back(Tokens::kDocumentEnd);
    }
    if (line == block.line_ends.size()) break;
    tokenize_line(std::string_view(block.text).substr(begin, block.line_ends[line] - begin), tokenizer, ids,
                  tokens);
    begin = block.line_ends[line];
  }
  tokens.ids = bytes_per_id(tokenizer.size()) == 2 ? pack_ids<uint16_t>(ids) : pack_ids<int32_t>(ids);
  tokens.report.tokens = static_cast<int64_t>(ids.size());
  tokens.report.unknown = std::count(ids.begin(), ids.end(), tokenizer.special().unk);
  tokens.report.bytes = static_cast<int64_t>(block.text.size() + block.line_ends.size());
  return tokens;
}

}  // namespace

Batch BlockReader::next_batch() {
  Batch batch;
  while (batch.size() < kBlocksPerBatch) {
    Block block = next_block();
    if (block.line_ends.empty() && block.file_ends.empty()) break;
    batch.push_back(std::move(block));
  }
  return batch;
}

Block BlockReader::next_block() {
  Block block;
  while (block.text.size() + block.line_ends.size() < kBlockBytes) {
    if (!reader_ && !open_next()) break;
    if (block.line_ends.empty() && block.file_ends.empty()) {
      block.first_input = next_input_ - 1;
      block.first_line = reader_->line_number() + 1;
    }
    if (const auto line = reader_->next()) {
      block.text += *line;
      block.line_ends.push_back(block.text.size());
    } else {
      reader_.reset();
      block.file_ends.push_back(block.line_ends.size());
    }
  }
  return block;
}

bool BlockReader::open_next() {
  if (next_input_ == inputs_.size()) return false;
  reader_.emplace(inputs_[next_input_++]);
  return true;
}

std::vector<Tokens> tokenize_batch(const Batch& batch, std::span<const std::filesystem::path> inputs,
                                   const Tokenizer& tokenizer, int num_threads) {
  std::vector<Tokens> results(batch.size());
  parallel_for(static_cast<int64_t>(batch.size()), num_threads, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      check_utf8(batch[i], inputs);
      results[i] = tokenize_block(batch[i], tokenizer);
    }
  });
  return results;
}

}  // namespace rpp
