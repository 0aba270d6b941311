#include "fold_table.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "marks.h"
#include "tokenizer/unicode.h"
#include "unicode_data.h"

namespace rpp {
namespace {

using Kind = FoldedChar::Kind;

bool has_combining_class(char32_t c) {
  return class_of(c).combining != 0;
}

// Normalisation sorts marks, including those stripped afterwards; so only the order of the remaining marks
// matters.
bool is_contextual(char32_t c, std::u32string_view folded) {
  return c == kCapitalSigma || is_cjk_ideograph(c) || folded.size() > UINT8_MAX ||
         std::any_of(folded.begin(), folded.end(), has_combining_class) ||
         std::any_of(folded.begin(), folded.end(), is_python_whitespace);
}

FoldedChar store(Kind kind, std::u32string_view folded) {
  std::string bytes;
  for (const char32_t c : folded) append_utf8(c, bytes);
  if (bytes.size() > FoldedChar::kMaxBytes) return {};
  FoldedChar result{.kind = kind,
                    .num_chars = static_cast<uint8_t>(folded.size()),
                    .num_bytes = static_cast<uint8_t>(bytes.size())};
  std::memcpy(result.bytes, bytes.data(), bytes.size());
  return result;
}

FoldedChar fold(char32_t c, LetterCase letter_case) {
  if (c == 0 || c == 0xFFFD || is_bert_control(c)) return {.kind = Kind::dropped};
  if (is_bert_whitespace(c) || is_python_whitespace(c)) return {.kind = Kind::blank};
  std::u32string folded(1, c);
  if (letter_case == LetterCase::lower) folded = strip_accents(lower_case(folded));
  if (is_contextual(c, folded)) return {};
  const bool punctuation = std::any_of(folded.begin(), folded.end(), is_bert_punctuation);
  if (punctuation && folded.size() > 1) return {};
  return store(punctuation ? Kind::punctuation : Kind::text, folded);
}

FoldedChar fold(char32_t c, const TextRules& rules) {
  const CharClass char_class = library_class_of(c);
  if (char_class.is(CharClass::control)) return {.kind = Kind::dropped};
  if (char_class.is(CharClass::space)) return {.kind = Kind::blank};
  std::string text;
  append_utf8(c, text);
  const std::u32string folded = normalize_text(text, rules).chars;
  const auto is = [&folded](CharClass::Flag flag) {
    return std::ranges::any_of(folded, [flag](char32_t f) { return library_class_of(f).is(flag); });
  };
  const bool is_ordered =
      std::ranges::any_of(folded, [](char32_t f) { return library_class_of(f).combining != 0; });
  const bool punctuation = is(CharClass::punctuation);
  if (is_ordered || is(CharClass::space) || (punctuation && folded.size() > 1)) return {};
  return store(punctuation ? Kind::punctuation : Kind::text, folded);
}

}  // namespace

template <typename Rules>
FoldTable::FoldTable(const Rules& rules) {
  chars_.reserve(kSize);
  for (char32_t c = 0; c < kSize; ++c) chars_.push_back(fold(c, rules));
}

const FoldTable& FoldTable::of(LetterCase letter_case) {
  static const FoldTable lower(LetterCase::lower);
  static const FoldTable keep(LetterCase::keep);
  return letter_case == LetterCase::lower ? lower : keep;
}

template <bool kStripAccents, bool kLowerCase>
const FoldTable& FoldTable::of_library() {
  static const FoldTable table(TextRules{.strip_accents = kStripAccents, .lower_case = kLowerCase});
  return table;
}

// Ideographs lie beyond the table.
const FoldTable& FoldTable::of(const TextRules& rules) {
  assert(rules.clean_text && rules.split == TextRules::Split::bert);
  if (rules.strip_accents) return rules.lower_case ? of_library<true, true>() : of_library<true, false>();
  return rules.lower_case ? of_library<false, true>() : of_library<false, false>();
}

}  // namespace rpp
