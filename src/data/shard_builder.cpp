// build_shards: one thread reads ahead, all threads tokenize blocks of lines, one assembles shards in the
// order of the text, and one writes a full shard while the next one grows.
#include <future>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "block_tokens.h"
#include "core/atomic_file.h"
#include "core/mmap_file.h"
#include "core/prefetch.h"
#include "core/xxh3.h"
#include "data/shards.h"
#include "program/line_reader.h"
#include "program/log.h"
#include "program/progress_line.h"
#include "rpp/error.h"
#include "shard_format.h"
#include "tokenizer_files/fingerprint.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

// One shard in memory.
struct ShardBuffer {
  std::vector<uint64_t> document_offsets = {0};
  std::vector<uint64_t> sentence_offsets = {0};
  std::string ids;

  bool document_is_open() const { return sentence_offsets.size() - 1 > document_offsets.back(); }
};

// The manifest's entry of the shard.
json write_shard(const path& file_path, const ShardBuffer& buffer, uint32_t bytes_per_id) {
  const ShardHeader header{.bytes_per_id = bytes_per_id,
                           .documents = buffer.document_offsets.size() - 1,
                           .sentences = buffer.sentence_offsets.size() - 1,
                           .tokens = buffer.sentence_offsets.back()};
  const std::string name = file_path.filename();
  AtomicFile file(file_path);
  file.write(std::as_bytes(std::span(&header, 1)));
  file.write(std::as_bytes(std::span(buffer.document_offsets)));
  file.write(std::as_bytes(std::span(buffer.sentence_offsets)));
  file.write(buffer.ids);
  file.commit();
  log::info("{}: {} documents, {} tokens", name, format_count(static_cast<int64_t>(header.documents)),
            format_count(static_cast<int64_t>(header.tokens)));
  return {{"file", name},
          {"bytes", header.file_bytes()},
          {"documents", header.documents},
          {"sentences", header.sentences},
          {"tokens", header.tokens},
          {"xxh3", fmt::format("{:016x}", xxh3_64(MmapFile(file_path).bytes()))}};
}

class ShardWriter {
 public:
  ShardWriter(path dir, int64_t vocab_size, int64_t shard_tokens)
      : dir_(std::move(dir)), bytes_per_id_(bytes_per_id(vocab_size)), shard_tokens_(shard_tokens) {}

  void add(const Tokens& tokens) {
    std::string_view rest = tokens.ids;
    for (const int64_t size : tokens.sizes) {
      if (size == Tokens::kDocumentEnd) {
        end_document();
      } else {
        const size_t num_bytes = static_cast<size_t>(size) * bytes_per_id_;
        add_sentence(rest.substr(0, num_bytes), static_cast<uint64_t>(size));
        rest.remove_prefix(num_bytes);
      }
    }
  }

  // The manifest's list of shards.
  json finish() {
    end_document();
    if (buffer_.document_offsets.size() > 1) start_writing();
    finish_writing();
    return std::move(entries_);
  }

  int64_t documents() const { return documents_; }
  int64_t sentences() const { return sentences_; }
  int64_t lone_sentences() const { return lone_sentences_; }

 private:
  void add_sentence(std::string_view ids, uint64_t num_tokens) {
    buffer_.ids += ids;
    buffer_.sentence_offsets.push_back(buffer_.sentence_offsets.back() + num_tokens);
    ++sentences_;
    // Without blank lines a text would become one shard of unlimited size.
    if (buffer_.sentence_offsets.back() >= static_cast<uint64_t>(2 * shard_tokens_)) end_document();
  }

  void end_document() {
    if (!buffer_.document_is_open()) return;
    lone_sentences_ += buffer_.sentence_offsets.size() - 1 - buffer_.document_offsets.back() == 1;
    buffer_.document_offsets.push_back(buffer_.sentence_offsets.size() - 1);
    ++documents_;
    if (buffer_.sentence_offsets.back() >= static_cast<uint64_t>(shard_tokens_)) start_writing();
  }

  void start_writing() {
    finish_writing();
    writing_ = std::async(std::launch::async,
                          [file = dir_ / shard_name(entries_.size()), buffer = std::exchange(buffer_, {}),
                           width = bytes_per_id_] { return write_shard(file, buffer, width); });
  }

  void finish_writing() {
    if (writing_.valid()) entries_.push_back(writing_.get());
  }

  path dir_;
  uint32_t bytes_per_id_;
  int64_t shard_tokens_;
  ShardBuffer buffer_;
  int64_t documents_ = 0, sentences_ = 0, lone_sentences_ = 0;
  json entries_ = json::array();
  std::future<json> writing_;  // last member: it ends before the members it uses
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
  check_readable(inputs);
}

void check_counts(const ShardWriter& writer, std::span<const path> inputs) {
  if (writer.sentences() == 0) fail("{} holds no text: nothing to build", input_name(inputs.front()));
  const std::string complaint = next_sentence_complaint(writer.sentences(), writer.lone_sentences());
  if (writer.documents() > 1 && !complaint.empty())
    log::warn("{}: {}", input_name(inputs.front()), complaint);
  if (writer.documents() > 1) return;
  log::warn(
      "{} holds one document only, as no blank line ends one: pre-training can use it with "
      "data.next_sentence=false; for "
      "pairs of sentences put a blank line after each document",
      input_name(inputs.front()));
}

void add_to(BuildReport& report, const BuildReport& block) {
  report.tokens += block.tokens;
  report.unknown += block.unknown;
  report.empty_lines += block.empty_lines;
  report.empty_sentences += block.empty_sentences;
  report.bytes += block.bytes;
}

json make_manifest(const BuildReport& report, const Tokenizer& tokenizer, json shards) {
  return {{"format", kShardFormat},
          {"version", kShardVersion},
          {"tokenizer", fingerprint(tokenizer)},
          {"vocab_size", tokenizer.size()},
          {"documents", report.documents},
          {"sentences", report.sentences},
          {"tokens", report.tokens},
          {"unknown", report.unknown},
          {"shards", std::move(shards)}};
}

}  // namespace

std::string next_sentence_complaint(int64_t num_sentences, int64_t num_lone_sentences) {
  if (2 * num_lone_sentences <= num_sentences) return "";
  constexpr const char* kRemedy =
      "put blank lines between documents only, not after each sentence, or set data.next_sentence=false";
  if (num_lone_sentences == num_sentences) {
    return fmt::format("every document has one sentence, so that no sentence has a next one: {}", kRemedy);
  }
  return fmt::format(
      "{} of {} sentences are alone in their document: next-sentence pairs start only in the others: {}",
      format_count(num_lone_sentences), format_count(num_sentences), kRemedy);
}

BuildReport build_shards(const BuildOptions& options, const Tokenizer& tokenizer) {
  if (options.shard_tokens <= 0) fail_usage("shard_tokens is {}, it must be positive", options.shard_tokens);
  check_inputs(options.inputs);
  check_output(options.output_dir);
  const Stopwatch stopwatch;
  BuildReport report;
  write_directory_atomically(options.output_dir, [&](const path& dir) {
    BlockReader reader(options.inputs);
    Prefetcher<Batch> batches([&](int64_t) { return reader.next_batch(); }, 0, 1);
    Prefetcher<std::vector<Tokens>> tokenized(
        [&](int64_t) {
          return tokenize_batch(batches.next(), options.inputs, tokenizer, options.num_threads);
        },
        0, 1);
    ShardWriter writer(dir, tokenizer.size(), options.shard_tokens);
    ProgressLine progress("building", "MB of text", 0);
    for (auto blocks = tokenized.next(); !blocks.empty(); blocks = tokenized.next()) {
      progress.at(report.bytes / 1000000);
      for (const Tokens& tokens : blocks) {
        writer.add(tokens);
        add_to(report, tokens.report);
      }
    }
    json shards = writer.finish();
    check_counts(writer, options.inputs);
    report.documents = writer.documents();
    report.sentences = writer.sentences();
    report.lone_sentences = writer.lone_sentences();
    write_file_atomically(dir / kManifestName,
                          make_manifest(report, tokenizer, std::move(shards)).dump(2) + "\n");
  });
  report.seconds = stopwatch.seconds();
  return report;
}

}  // namespace rpp
