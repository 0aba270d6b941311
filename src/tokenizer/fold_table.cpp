#include "fold_table.h"

#include <algorithm>
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

}  // namespace

FoldTable::FoldTable(LetterCase letter_case) {
  chars_.reserve(kSize);
  for (char32_t c = 0; c < kSize; ++c) chars_.push_back(fold(c, letter_case));
}

const FoldTable& FoldTable::of(LetterCase letter_case) {
  static const FoldTable lower(LetterCase::lower);
  static const FoldTable keep(LetterCase::keep);
  return letter_case == LetterCase::lower ? lower : keep;
}

}  // namespace rpp
