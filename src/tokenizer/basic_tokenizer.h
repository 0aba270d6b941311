// The first half of BERT's tokenization: cleans a text and splits it at blanks, punctuation and CJK
// ideographs.
//
// With a LetterCase equivalent to the BasicTokenizer of google-research/bert (tokenization.py); without its
// special treatment of anything such as "[MASK]" in the text. With TextRules equivalent to the tokenizers
// library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rpp/text_span.h"
#include "tokenizer/normalized_text.h"

namespace rpp {

// Words concatenated in one buffer, so that splitting a text does not allocate per word.
struct WordList {
  struct Word {
    uint32_t begin = 0, end = 0;  // bytes of the buffer
    uint32_t num_chars = 0;       // code points
  };
  std::string bytes;
  std::vector<Word> words;

  void clear() {
    bytes.clear();
    words.clear();
  }
  std::string_view text(const Word& word) const {
    return std::string_view(bytes).substr(word.begin, word.end - word.begin);
  }
};

enum class LetterCase { lower, keep };

// Replaces the contents of `words`. `lower` lower-cases and strips accents. Throws Error as check_text_size.
void split_words_into(std::string_view text, LetterCase letter_case, WordList& words);
void split_words_into(std::string_view text, const TextRules& rules, WordList& words);

// The same by code points, appended to `words`: the reference implementation for the test, and the path for
// words whose characters depend on each other.
void append_words_by_code_point(std::string_view text, LetterCase letter_case, WordList& words);
void append_words_by_code_point(std::string_view text, const TextRules& rules, WordList& words);

// The source positions of the characters in the words of split_words_into: one entry per character, in order.
std::vector<TextSpan> word_char_sources(std::string_view text, LetterCase letter_case);
// Nothing where characters depend on each other or another split is asked for: see normalize_text.
std::optional<std::vector<TextSpan>> word_char_sources(std::string_view text, const TextRules& rules);

}  // namespace rpp
