// Byte-level byte-pair encoding (GPT-2, RoBERTa): words are bytes, which are joined by a list of merges. Ids
// and offsets are those of the tokenizers library; every text has ids, without an unknown token.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rpp/tokenizer.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/byte_bpe_settings.h"
#include "tokenizer/pair_merges.h"
#include "tokenizer/vocab.h"

namespace rpp {

class PieceTrie;

// A vocabulary and the pairs of pieces that are joined, by rank.
struct ByteBpeModel {
  Vocabulary vocabulary;
  std::vector<std::pair<std::string, std::string>> merges;
  std::string merges_file;  // for messages
};

class ByteBpeTokenizer final : public Tokenizer {
 public:
  // Throws Error that names the file when a byte has no piece, a merge names or makes something that is not
  // in the vocabulary, a special token is missing, or the ids of added tokens have gaps.
  ByteBpeTokenizer(ByteBpeModel model, ByteBpeSettings settings);
  ~ByteBpeTokenizer() override;

  // Bytes that are not UTF-8 are dropped, as by Python's bytes.decode("utf-8", "ignore").
  void encode_into(std::string_view text, std::vector<int32_t>& ids) const override;
  EncodedText encode_with_offsets(std::string_view text) const override;
  // For a piece that does not start with a blank: also the first of a text, unless add_prefix_space is set.
  bool is_continuation(int32_t id) const override;
  // In GPT-2's alphabet: a blank is U+0120.
  std::string_view piece(int32_t id) const override;
  int32_t size() const override { return vocabulary_.size() + static_cast<int32_t>(beyond_.size()); }
  const SpecialTokens& special() const override { return special_; }
  std::string identity() const override;
  // Writes tokenizer.json and tokenizer_config.json. Creates the directory.
  void save(const std::filesystem::path& directory) const override;

  const Vocabulary& vocabulary() const { return vocabulary_; }
  const ByteBpeSettings& settings() const { return settings_; }
  const std::vector<Merge>& merges() const { return merges_.merges(); }

 private:
  std::unique_ptr<const PieceTrie> whole_words() const;
  void for_each_part(std::string_view text, const auto& on_token, const auto& on_text) const;
  void append_text(std::string_view text, std::vector<int32_t>& ids) const;
  void append_valid(std::string_view text, std::vector<int32_t>& ids) const;
  void append_words(std::string_view text, std::vector<int32_t>& ids) const;
  void append_merged(std::string_view word, std::vector<int32_t>& ids) const;
  void append_with_offsets(std::string_view text, size_t begin, size_t end, EncodedText& encoded) const;
  TextSpan trimmed(std::string_view text, TextSpan span, std::string_view spelled, bool is_first) const;

  Vocabulary vocabulary_;
  ByteBpeSettings settings_;
  PairMerges merges_;
  AddedTokens added_;
  std::vector<std::string> beyond_;      // added tokens, whose ids follow those of the vocabulary
  std::array<int32_t, 256> byte_ids_{};  // of the pieces of one byte
  SpecialTokens special_;
  std::unique_ptr<const PieceTrie> whole_words_;  // the pieces that a word of the same bytes becomes
};

}  // namespace rpp
