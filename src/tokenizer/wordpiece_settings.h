// What a WordPiece tokenizer does besides its vocabulary.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "marks.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/basic_tokenizer.h"
#include "tokenizer/normalized_text.h"

namespace rpp {

inline constexpr uint32_t kMaxWordChars = 200;         // google-research/bert
inline constexpr uint32_t kLibraryMaxWordChars = 100;  // transformers

struct SpecialNames {
  std::string pad = "[PAD]", unk = "[UNK]", cls = "[CLS]", sep = "[SEP]", mask = "[MASK]";

  bool operator==(const SpecialNames&) const = default;
};

struct WordPieceSettings {
  // How words are made: the tokenizers library's rules; if absent, those of google-research/bert, by the
  // case.
  std::optional<TextRules> rules;
  LetterCase letter_case = LetterCase::lower;
  uint32_t max_word_chars = kLibraryMaxWordChars;    // longer words are unknown
  std::string continuation_mark{kContinuationMark};  // at the start of a piece that continues a word
  SpecialNames names;
  bool two_separators = false;    // see SpecialTokens
  bool trim_offsets = false;      // added tokens do not cover the blanks around them
  std::vector<AddedToken> added;  // by id; only with the library's rules
};

// google-research/bert's.
WordPieceSettings google_settings(LetterCase letter_case);

// Whether they say no more than the case, so that the fingerprint is that of a vocab.txt: no other switch, no
// other special or added token. google-research/bert's rules and transformers' are not told apart.
bool is_plain(const WordPieceSettings& settings);

// Whether `added` holds all special tokens, as in transformers' BertTokenizer.
bool adds_all_special(const WordPieceSettings& settings);

}  // namespace rpp
