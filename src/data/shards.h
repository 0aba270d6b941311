// A corpus as token ids on disk: written once by `rpp-data build`, memory-mapped by every training run.
//
// A directory contains shard-00000.bin, shard-00001.bin, ... and manifest.json, which records the tokenizer
// and the hash of every shard; docs/formats.md describes the bytes. Input text: one sentence per line, a
// blank line after each document.
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
  // A shard ends after the document that brings it to this number of tokens. A document longer than twice
  // that is split.
  int64_t shard_tokens = 64LL << 20;
};

struct BuildReport {
  int64_t documents = 0, sentences = 0, tokens = 0;
  int64_t unknown = 0;          // tokens that are [UNK]
  int64_t empty_lines = 0;      // blank lines, including document ends
  int64_t empty_sentences = 0;  // lines with characters but no tokens; dropped
  int64_t lone_sentences = 0;   // documents of one sentence
  int64_t bytes = 0;            // of text read
  double seconds = 0;
};

// Streams the inputs through the tokenizer. Memory is bounded for any corpus: two shards, one growing and one
// being written, and some tens of megabytes of text. Throws Error for a missing input, a corpus without text,
// and an output directory that contains anything but shards.
BuildReport build_shards(const BuildOptions& options, const Tokenizer& tokenizer);

// A warning for next-sentence prediction when most documents have only one sentence, as such a document has
// no second sentence. Empty: no warning.
std::string next_sentence_complaint(int64_t num_sentences, int64_t num_lone_sentences);

// The token ids of one sentence: a view into a mapped shard, 16 or 32 bits per id.
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

// The shards of one or more directories as one list of documents. Immutable and thread-safe.
class ShardSet {
 public:
  // Throws Error naming the directory: no manifest, a vocabulary other than `expected_fingerprint` (empty =
  // any), a shard that is missing, truncated or damaged. Every offset and id is checked, so reads stay inside
  // the files and the vocabulary whatever the files contain.
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
  // The document and the index in it of the sentence with this number, counted over all shards.
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
