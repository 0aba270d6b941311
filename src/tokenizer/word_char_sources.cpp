// The source positions of the characters of words. Only the number of characters that each source character
// produces matters here, which does not depend on its neighbours.
#include <algorithm>
#include <cassert>
#include <limits>

#include "fold_table.h"
#include "tokenizer/basic_tokenizer.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

// For a character that the table marks as contextual. Reordered marks stay within one word, and all of them
// are counted.
size_t count_folded(char32_t c, LetterCase letter_case) {
  if (c == 0xFFFD || is_bert_control(c) || is_bert_whitespace(c) || is_python_whitespace(c)) return 0;
  if (letter_case == LetterCase::keep) return 1;
  const std::u32string folded = strip_accents(lower_case(std::u32string(1, c)));
  return static_cast<size_t>(
      std::count_if(folded.begin(), folded.end(), [](char32_t f) { return !is_python_whitespace(f); }));
}

}  // namespace

std::vector<TextSpan> word_char_sources(std::string_view text, LetterCase letter_case) {
  assert(text.size() < std::numeric_limits<uint32_t>::max());
  const FoldTable& table = FoldTable::of(letter_case);
  std::vector<TextSpan> sources;
  sources.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto begin = static_cast<uint32_t>(i);
    const char32_t c = next_code_point(text, i);
    if (c == kInvalidUtf8) continue;
    const FoldedChar& folded = table[c];
    const bool contextual = folded.kind == FoldedChar::Kind::contextual;
    const size_t count = contextual ? count_folded(c, letter_case) : folded.num_chars;
    sources.insert(sources.end(), count, {begin, static_cast<uint32_t>(i)});
  }
  return sources;
}

std::optional<std::vector<TextSpan>> word_char_sources(std::string_view text, const TextRules& rules) {
  if (!rules.clean_text || rules.split != TextRules::Split::bert) return std::nullopt;
  const FoldTable& table = FoldTable::of(rules);
  std::vector<TextSpan> sources;
  sources.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto begin = static_cast<uint32_t>(i);
    const char32_t c = next_code_point(text, i);
    if (c == kInvalidUtf8) continue;
    const FoldedChar& folded = table[c];
    if (folded.kind == FoldedChar::Kind::contextual) return std::nullopt;
    sources.insert(sources.end(), folded.num_chars, {begin, static_cast<uint32_t>(i)});
  }
  return sources;
}

}  // namespace rpp
