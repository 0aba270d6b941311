// WordPiece (BERT): splits words into the longest pieces of a vocabulary, from the left.
//
// Equivalent to FullTokenizer of google-research/bert's tokenization.py with the same vocabulary, including
// its limit of 200 characters per word. A word that cannot be split into pieces is one [UNK].
#pragma once

#include <memory>

#include "rpp/tokenizer.h"
#include "tokenizer/basic_tokenizer.h"
#include "tokenizer/vocab.h"

namespace rpp {

inline constexpr uint32_t kMaxWordChars = 200;

class PieceTrie;

class WordPieceTokenizer final : public Tokenizer {
 public:
  // Throws Error when one of [PAD] [UNK] [CLS] [SEP] [MASK] is missing.
  WordPieceTokenizer(Vocabulary vocabulary, LetterCase letter_case);
  ~WordPieceTokenizer() override;

  void encode_into(std::string_view text, std::vector<int32_t>& ids) const override;
  EncodedText encode_with_offsets(std::string_view text) const override;
  bool is_continuation(int32_t id) const override;
  std::string_view piece(int32_t id) const override { return vocabulary_.piece(id); }
  int32_t size() const override { return vocabulary_.size(); }
  const SpecialTokens& special() const override { return special_; }
  // Writes vocab.txt and tokenizer_config.json; creates the directory.
  void save(const std::filesystem::path& directory) const override;

  LetterCase letter_case() const { return letter_case_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  std::string identity() const override;
  void append_word(const WordList& words, const WordList::Word& word, std::vector<int32_t>& ids) const;
  void append_pieces(std::string_view word, std::vector<int32_t>& ids) const;

  Vocabulary vocabulary_;
  LetterCase letter_case_;
  SpecialTokens special_;
  std::unique_ptr<const PieceTrie> word_starts_;    // pieces without "##"
  std::unique_ptr<const PieceTrie> continuations_;  // pieces with it, stored without the prefix
};

}  // namespace rpp
