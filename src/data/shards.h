// A corpus as token ids on disk: made once by `rpp-data build`, mapped into memory by every training run.
//
// A directory holds shard-00000.bin, shard-00001.bin, ... and manifest.json, which names the tokenizer and
// the hash of every shard; docs/formats.md describes the bytes. Text: one sentence a line, a blank line after
// each document.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rpp/tokenizer.h"

namespace rpp {

struct BuildOptions {
  std::vector<std::filesystem::path> inputs;  // UTF-8 text, plain, .gz or .zst; a document ends with its file
  std::filesystem::path output_dir;
  int num_threads = 0;  // 0 = the machine's cores; the output does not depend on it
  // A shard ends after the document that brings it to this number of tokens. A document longer than twice the
  // number is cut there.
  int64_t shard_tokens = 64LL << 20;
};

struct BuildReport {
  int64_t documents = 0, sentences = 0, tokens = 0;
  int64_t unknown = 0;          // tokens that are [UNK]
  int64_t empty_lines = 0;      // blank lines, document ends among them
  int64_t empty_sentences = 0;  // lines with characters but without tokens; dropped
  int64_t lone_sentences = 0;   // documents of one sentence
  int64_t bytes = 0;            // of text read
  double seconds = 0;
};

// Streams the inputs through the tokenizer. Memory is bounded by two shards, one that grows and one that is
// written, and some tens of megabytes of text, whatever the corpus. Throws Error for a missing input, a
// corpus without text, and an output directory that holds anything but shards.
BuildReport build_shards(const BuildOptions& options, const Tokenizer& tokenizer);

// What to say where next-sentence pairs would be made of few documents or of none, as most have one sentence
// alone: such a document gives no second sentence. Empty: nothing.
std::string next_sentence_complaint(int64_t num_sentences, int64_t num_lone_sentences);

// The token ids of one sentence: a view into a mapped shard, 16 or 32 bits an id.
class SentenceIds {
 public:
  SentenceIds(const std::byte* data, int64_t size, bool wide) : data_(data), size_(size), wide_(wide) {}
  int64_t size() const { return size_; }
  int32_t operator[](int64_t i) const {
    if (wide_) return reinterpret_cast<const int32_t*>(data_)[i];
    return reinterpret_cast<const uint16_t*>(data_)[i];
  }
  void append_to(std::vector<int32_t>& ids) const {
    for (int64_t i = 0; i < size_; ++i) ids.push_back((*this)[i]);
  }

 private:
  const std::byte* data_;
  int64_t size_;
  bool wide_;
};

// The shards of one or more directories as one list of documents. Immutable: may be read from many threads.
class ShardSet {
 public:
  // Throws Error naming the directory: no manifest, another vocabulary than `expected_fingerprint` (empty =
  // any), a shard that is missing, truncated or damaged. Every offset and id is checked: whatever the files
  // hold, what is read from them stays inside of them and of the vocabulary.
  ShardSet(const std::vector<std::filesystem::path>& dirs, std::string_view expected_fingerprint);
  ~ShardSet();
  ShardSet(ShardSet&&) noexcept;
  ShardSet& operator=(ShardSet&&) noexcept;

  int64_t num_documents() const;
  int64_t num_sentences() const;                  // of all documents
  int64_t num_sentences(int64_t document) const;  // of one
  int64_t num_tokens() const;
  int64_t num_lone_sentences() const;  // documents of one sentence
  int64_t vocab_size() const;          // of the tokenizer; every id is smaller
  const std::string& tokenizer_fingerprint() const;

  SentenceIds sentence(int64_t document, int64_t index) const;
  // Document and index in it of the sentence with this number, counted over the whole set.
  std::pair<int64_t, int64_t> locate(int64_t sentence_number) const;

 private:
  struct Shard;
  std::vector<Shard> shards_;
  std::vector<int64_t> first_document_;  // [shards + 1]
  std::vector<int64_t> first_sentence_;  // [shards + 1]
  int64_t num_tokens_ = 0, lone_sentences_ = 0, vocab_size_ = 0;
  std::string fingerprint_;
};

}  // namespace rpp
