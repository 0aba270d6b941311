// Texts as the tokenizers library of Hugging Face normalises and splits them for BERT: BertNormalizer, then
// BertPreTokenizer, WhitespaceSplit or Whitespace; and as it normalises them for ALBERT.
//
// Google's code, in basic_tokenizer.h, differs: it lower-cases before it strips accents, knows the final
// sigma, and has other character classes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rpp/text_span.h"

namespace rpp {

// The switches have the meaning of BertNormalizer's, but for those of ALBERT.
struct TextRules {
  enum class Split {
    bert,        // at blanks, and every punctuation character is a word: BertPreTokenizer
    blanks,      // at blanks only: WhitespaceSplit
    word_chars,  // also where runs of \w and of other characters meet: Whitespace
  };
  bool clean_text = true;
  bool separate_ideographs = true;  // handle_chinese_chars
  bool strip_accents = true;
  bool lower_case = true;
  bool plain_quotes = false;  // ALBERT: `` and '' become "
  bool any_accents = false;  // ALBERT: strip_accents decomposes by compatibility and strips spacing marks too
  Split split = Split::bert;

  bool operator==(const TextRules&) const = default;
};

inline constexpr TextRules kUnchangedText = {
    .clean_text = false, .separate_ideographs = false, .strip_accents = false, .lower_case = false};

struct NormalizedText {
  std::u32string chars;
  std::vector<TextSpan> sources;  // of the characters: bytes of the text that was normalised
};

// Bytes that are not UTF-8 are dropped.
NormalizedText normalize_text(std::string_view text, const TextRules& rules);

// Calls on_word(begin, end) for each word, in characters.
void for_each_word(std::u32string_view normalized, TextRules::Split split,
                   const std::function<void(size_t, size_t)>& on_word);

// CJK ideographs as the library knows them: without U+2B820 to U+2B91F.
bool is_library_ideograph(char32_t c);

}  // namespace rpp
