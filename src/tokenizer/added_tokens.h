// Added tokens: a text is split at them before it is split into words and pieces, as by AddedVocabulary of
// the tokenizers library.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/normalized_text.h"
#include "tokenizer/piece_trie.h"

namespace rpp {

// `normalized` in the files says in which text it is matched; a token that was added twice may be in both.
struct AddedToken {
  std::string content;
  int32_t id = -1;
  bool single_word = false;    // not next to a character of a word
  bool lstrip = false;         // takes the blanks before it
  bool rstrip = false;         // takes the blanks after it
  bool in_text = true;         // matched in the text as it is
  bool in_normalized = false;  // matched, normalised itself, in the normalised text
  bool special = false;

  bool operator==(const AddedToken&) const = default;
};

// Finds some of the tokens in a text.
class TokenFinder {
 public:
  // Bytes of a text: of this token, or between tokens.
  struct Part {
    size_t begin = 0, end = 0;
    const AddedToken* token = nullptr;
  };
  struct Pattern {
    std::string text;
    const AddedToken* token = nullptr;
  };

  // Of equal patterns the first counts; none is empty.
  explicit TokenFinder(std::vector<Pattern> patterns);

  bool empty() const { return patterns_.empty(); }
  bool occurs_in(std::string_view text) const { return find(text, 0).length > 0; }
  // All parts of the text. A match is the leftmost, of these the longest; `single_word` is checked
  // afterwards.
  std::vector<Part> split(std::string_view text) const;

 private:
  struct Match {
    size_t begin = 0, length = 0;  // length 0: there is none
    int32_t pattern = -1;
  };
  Match find(std::string_view text, size_t from) const;

  std::vector<Pattern> patterns_;
  std::array<bool, 256> starts_{};  // whether a pattern starts with the byte
  char only_start_ = 0;             // the byte that all patterns start with; 0: there are several
  std::unique_ptr<const PieceTrie> trie_;
};

class AddedTokens {
 public:
  // Throws Error for a token whose normalised content is empty.
  AddedTokens(std::vector<AddedToken> tokens, const TextRules& rules);

  AddedTokens(const AddedTokens&) = delete;
  AddedTokens& operator=(const AddedTokens&) = delete;

  const TokenFinder& in_text() const { return in_text_; }
  const TokenFinder& in_normalized() const { return in_normalized_; }

 private:
  std::vector<AddedToken> tokens_;
  TokenFinder in_text_, in_normalized_;
};

}  // namespace rpp
