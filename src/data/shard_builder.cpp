// build_shards: one thread reads ahead, all threads tokenize blocks of lines, one writes shards in the order
// of the text.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "rpp/core/atomic_file.h"
#include "rpp/core/error.h"
#include "rpp/core/line_reader.h"
#include "rpp/core/log.h"
#include "rpp/core/mmap_file.h"
#include "rpp/core/parallel_for.h"
#include "rpp/core/progress.h"
#include "rpp/core/xxh3.h"
#include "rpp/data/prefetch.h"
#include "rpp/data/shards.h"
#include "shard_format.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

constexpr size_t kBlockBytes = 1 << 18;
constexpr size_t kBlocksPerBatch = 32;

struct Block {
  std::string text;
  std::vector<size_t> line_ends;  // offsets into text
  std::vector<size_t> file_ends;  // numbers of lines before which a file ended
};
using Batch = std::vector<Block>;

// Sentences of a block: ids end to end. A size of kDocumentEnd stands between documents.
struct Tokens {
  static constexpr int64_t kDocumentEnd = -1;
  std::vector<int32_t> ids;
  std::vector<int64_t> sizes;
  int64_t empty_lines = 0, empty_sentences = 0;
};

// Reads the inputs one after the other as batches of blocks; an empty batch is the end.
class BlockReader {
 public:
  explicit BlockReader(std::span<const path> inputs) : inputs_(inputs) {}

  Batch next_batch() {
    Batch batch;
    while (batch.size() < kBlocksPerBatch) {
      Block block = next_block();
      if (block.line_ends.empty() && block.file_ends.empty()) break;
      batch.push_back(std::move(block));
    }
    return batch;
  }

 private:
  Block next_block() {
    Block block;
    while (block.text.size() + block.line_ends.size() < kBlockBytes) {
      if (!reader_ && !open_next()) break;
      if (reader_->next(line_)) {
        block.text += line_;
        block.line_ends.push_back(block.text.size());
      } else {
        reader_.reset();
        block.file_ends.push_back(block.line_ends.size());
      }
    }
    return block;
  }

  bool open_next() {
    if (next_input_ == inputs_.size()) return false;
    reader_.emplace(inputs_[next_input_++]);
    return true;
  }

  std::span<const path> inputs_;
  size_t next_input_ = 0;
  std::optional<LineReader> reader_;
  std::string line_;
};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\v\f") == std::string_view::npos;
}

void tokenize_line(std::string_view line, const Tokenizer& tokenizer, Tokens& tokens) {
  if (is_blank(line)) {
    ++tokens.empty_lines;
    tokens.sizes.push_back(Tokens::kDocumentEnd);
    return;
  }
  const size_t before = tokens.ids.size();
  tokenizer.encode_into(line, tokens.ids);
  if (tokens.ids.size() == before) {
    ++tokens.empty_sentences;
    return;
  }
  tokens.sizes.push_back(static_cast<int64_t>(tokens.ids.size() - before));
}

Tokens tokenize_block(const Block& block, const Tokenizer& tokenizer) {
  Tokens tokens;
  size_t begin = 0;
  auto file_end = block.file_ends.begin();
  for (size_t line = 0; line <= block.line_ends.size(); ++line) {
    for (; file_end != block.file_ends.end() && *file_end == line; ++file_end) {
      tokens.sizes.push_back(Tokens::kDocumentEnd);
    }
    if (line == block.line_ends.size()) break;
    tokenize_line(std::string_view(block.text).substr(begin, block.line_ends[line] - begin), tokenizer,
                  tokens);
    begin = block.line_ends[line];
  }
  return tokens;
}

// One shard in memory, ids already in their final width.
struct ShardBuffer {
  std::vector<uint64_t> document_offsets = {0};
  std::vector<uint64_t> sentence_offsets = {0};
  std::string ids;

  template <typename Id>
  void append_as(std::span<const int32_t> sentence) {
    for (const int32_t id : sentence) {
      const auto narrow = static_cast<Id>(id);
      ids.append(reinterpret_cast<const char*>(&narrow), sizeof(narrow));
    }
  }
  bool document_is_open() const { return sentence_offsets.size() - 1 > document_offsets.back(); }
};

class ShardWriter {
 public:
  ShardWriter(path dir, int64_t vocab_size, int64_t shard_tokens)
      : dir_(std::move(dir)), bytes_per_id_(bytes_per_id(vocab_size)), shard_tokens_(shard_tokens) {}

  void add(const Tokens& tokens) {
    std::span<const int32_t> rest = tokens.ids;
    for (const int64_t size : tokens.sizes) {
      if (size == Tokens::kDocumentEnd) {
        end_document();
      } else {
        add_sentence(rest.first(static_cast<size_t>(size)));
        rest = rest.subspan(static_cast<size_t>(size));
      }
    }
  }

  // The manifest's list of shards.
  json finish() {
    end_document();
    if (buffer_.document_offsets.size() > 1) write_shard();
    return std::move(entries_);
  }

  int64_t documents() const { return documents_; }
  int64_t sentences() const { return sentences_; }

 private:
  void add_sentence(std::span<const int32_t> ids) {
    bytes_per_id_ == 2 ? buffer_.append_as<uint16_t>(ids) : buffer_.append_as<int32_t>(ids);
    buffer_.sentence_offsets.push_back(buffer_.sentence_offsets.back() + ids.size());
    ++sentences_;
  }

  void end_document() {
    if (!buffer_.document_is_open()) return;
    buffer_.document_offsets.push_back(buffer_.sentence_offsets.size() - 1);
    ++documents_;
    if (buffer_.sentence_offsets.back() >= static_cast<uint64_t>(shard_tokens_)) write_shard();
  }

  void write_shard() {
    const ShardHeader header{.bytes_per_id = bytes_per_id_,
                             .documents = buffer_.document_offsets.size() - 1,
                             .sentences = buffer_.sentence_offsets.size() - 1,
                             .tokens = buffer_.sentence_offsets.back()};
    const std::string name = shard_name(entries_.size());
    AtomicFile file(dir_ / name);
    file.write(std::as_bytes(std::span(&header, 1)));
    file.write(std::as_bytes(std::span(buffer_.document_offsets)));
    file.write(std::as_bytes(std::span(buffer_.sentence_offsets)));
    file.write(buffer_.ids);
    file.commit();
    log::info("{}: {} documents, {} tokens", name, format_count(static_cast<int64_t>(header.documents)),
              format_count(static_cast<int64_t>(header.tokens)));
    entries_.push_back({{"file", name},
                        {"bytes", header.file_bytes()},
                        {"documents", header.documents},
                        {"sentences", header.sentences},
                        {"tokens", header.tokens},
                        {"xxh3", fmt::format("{:016x}", xxh3_64(MmapFile(dir_ / name).bytes()))}});
    buffer_ = {};
  }

  path dir_;
  uint32_t bytes_per_id_;
  int64_t shard_tokens_;
  ShardBuffer buffer_;
  int64_t documents_ = 0, sentences_ = 0;
  json entries_ = json::array();
};

void check_output(const path& dir) {
  if (!std::filesystem::exists(dir)) return;
  if (!std::filesystem::is_directory(dir)) fail("{} is a file: give a directory for the shards", dir);
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    const std::string name = entry.path().filename();
    const bool ours = name == kManifestName || (name.starts_with("shard-") && name.ends_with(".bin"));
    if (!ours)
      fail("{} already holds something else ({}): give an empty directory for the shards", dir, name);
  }
}

void check_inputs(std::span<const path> inputs) {
  if (inputs.empty()) fail_usage("no input text given");
  for (const path& input : inputs) LineReader{input};
}

void check_counts(const ShardWriter& writer, std::span<const path> inputs) {
  if (writer.sentences() == 0) fail("{} holds no text: nothing to build", inputs.front());
  if (writer.documents() < 2) {
    fail(
        "{} holds one document only, and next-sentence negatives come from another one: put a blank line "
        "after each document",
        inputs.front());
  }
}

void tokenize_batch(const Batch& batch, const Tokenizer& tokenizer, int num_threads, ShardWriter& writer,
                    BuildReport& report) {
  std::vector<Tokens> results(batch.size());
  parallel_for(static_cast<int64_t>(batch.size()), num_threads, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      results[i] = tokenize_block(batch[i], tokenizer);
    }
  });
  for (size_t i = 0; i < batch.size(); ++i) {
    writer.add(results[i]);
    report.tokens += static_cast<int64_t>(results[i].ids.size());
    report.unknown += std::count(results[i].ids.begin(), results[i].ids.end(), tokenizer.special().unk);
    report.empty_lines += results[i].empty_lines;
    report.empty_sentences += results[i].empty_sentences;
    report.bytes += static_cast<int64_t>(batch[i].text.size() + batch[i].line_ends.size());
  }
}

json make_manifest(const BuildReport& report, const Tokenizer& tokenizer, json shards) {
  return {{"format", kShardFormat},
          {"version", kShardVersion},
          {"tokenizer", tokenizer.fingerprint()},
          {"vocab_size", tokenizer.size()},
          {"documents", report.documents},
          {"sentences", report.sentences},
          {"tokens", report.tokens},
          {"unknown", report.unknown},
          {"shards", std::move(shards)}};
}

}  // namespace

BuildReport build_shards(const BuildOptions& options, const Tokenizer& tokenizer) {
  if (options.shard_tokens <= 0) fail_usage("shard_tokens is {}, it must be positive", options.shard_tokens);
  check_inputs(options.inputs);
  check_output(options.output_dir);
  const Stopwatch stopwatch;
  BuildReport report;
  write_directory_atomically(options.output_dir, [&](const path& dir) {
    BlockReader reader(options.inputs);
    Prefetcher<Batch> batches([&](int64_t) { return reader.next_batch(); }, 0, 1);
    ShardWriter writer(dir, tokenizer.size(), options.shard_tokens);
    for (Batch batch = batches.next(); !batch.empty(); batch = batches.next()) {
      tokenize_batch(batch, tokenizer, options.num_threads, writer, report);
    }
    json shards = writer.finish();
    check_counts(writer, options.inputs);
    report.documents = writer.documents();
    report.sentences = writer.sentences();
    write_file_atomically(dir / kManifestName,
                          make_manifest(report, tokenizer, std::move(shards)).dump(2) + "\n");
  });
  report.seconds = stopwatch.seconds();
  return report;
}

}  // namespace rpp
