// WordPiece (BERT): splits words into the longest pieces of a vocabulary, from the left.
//
// With a LetterCase equivalent to FullTokenizer of google-research/bert's tokenization.py with the same
// vocabulary, including its limit of 200 characters per word; with TextRules to the tokenizers library, which
// transformers uses. A word that cannot be split into pieces is one [UNK].
#pragma once

#include <memory>
#include <span>

#include "rpp/tokenizer.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/basic_tokenizer.h"
#include "tokenizer/vocab.h"
#include "tokenizer/wordpiece_settings.h"

namespace rpp {

class PieceTrie;

class WordPieceTokenizer final : public Tokenizer {
 public:
  // Throws Error when a special token is neither in the vocabulary nor added, and when the added tokens
  // beyond the vocabulary have gaps.
  WordPieceTokenizer(Vocabulary vocabulary, WordPieceSettings settings);
  WordPieceTokenizer(Vocabulary vocabulary, LetterCase letter_case)
      : WordPieceTokenizer(std::move(vocabulary), google_settings(letter_case)) {}
  ~WordPieceTokenizer() override;

  void encode_into(std::string_view text, std::vector<int32_t>& ids) const override;
  EncodedText encode_with_offsets(std::string_view text) const override;
  bool is_continuation(int32_t id) const override;
  std::string_view piece(int32_t id) const override;
  // Of the vocabulary and the added tokens.
  int32_t size() const override { return vocabulary_.size() + static_cast<int32_t>(beyond_.size()); }
  const SpecialTokens& special() const override { return special_; }
  // Writes vocab.txt, or a tokenizer.json if there is more to say; and tokenizer_config.json. Creates the
  // directory.
  void save(const std::filesystem::path& directory) const override;
  std::string identity() const override;

  LetterCase letter_case() const { return settings_.letter_case; }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  const WordPieceSettings& settings() const { return settings_; }

 private:
  void append_text(std::string_view text, std::vector<int32_t>& ids) const;
  void append_added(const AddedToken& token, std::string_view text, TextSpan span, std::string_view spelled,
                    EncodedText& encoded) const;
  void append_with_offsets(std::string_view whole, size_t begin, size_t end, EncodedText& encoded) const;
  void append_words(const NormalizedText& text, size_t begin, size_t end, EncodedText& encoded) const;
  void append_words(const WordList& words, std::span<const TextSpan> sources, EncodedText& encoded) const;
  void append_word(std::string_view word, size_t num_chars, std::vector<int32_t>& ids) const;
  void append_pieces(std::string_view word, std::vector<int32_t>& ids) const;
  void append_spans(std::span<const TextSpan> sources, size_t first_id, EncodedText& encoded) const;
  EncodedText encode_with_google_offsets(std::string_view text) const;
  EncodedText encode_with_library_offsets(std::string_view text) const;

  Vocabulary vocabulary_;
  WordPieceSettings settings_;
  AddedTokens added_;
  std::vector<std::string> beyond_;  // added tokens, whose ids follow those of the vocabulary
  SpecialTokens special_;
  std::unique_ptr<const PieceTrie> word_starts_;
  std::unique_ptr<const PieceTrie> continuations_;  // pieces with the mark, stored without it
};

}  // namespace rpp
