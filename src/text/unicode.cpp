#include "rpp/text/unicode.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "rpp/core/error.h"

namespace rpp {
namespace {

constexpr char32_t kCapitalSigma = 0x03A3, kFinalSigma = 0x03C2, kSmallSigma = 0x03C3;
constexpr char32_t kCapitalIWithDot = 0x0130, kDotAbove = 0x0307;
constexpr char32_t kFirstDecomposable = 0x00C0;  // below it NFD changes nothing and no mark is of category Mn

UChar32 icu(char32_t c) {
  return static_cast<UChar32>(c);
}

bool is_cased(char32_t c) {
  return u_hasBinaryProperty(icu(c), UCHAR_CASED);
}
bool is_case_ignorable(char32_t c) {
  return u_hasBinaryProperty(icu(c), UCHAR_CASE_IGNORABLE);
}

// Unicode's Final_Sigma (The Unicode Standard, table 3-17): a cased letter before and none after,
// case-ignorable characters between them not counted.
bool is_final_sigma(std::u32string_view text, size_t position) {
  const auto before = text.substr(0, position);
  const auto after = text.substr(position + 1);
  const auto previous = std::find_if_not(before.rbegin(), before.rend(), is_case_ignorable);
  if (previous == before.rend() || !is_cased(*previous)) return false;
  const auto next = std::find_if_not(after.begin(), after.end(), is_case_ignorable);
  return next == after.end() || !is_cased(*next);
}

const icu::Normalizer2& nfd() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* instance = icu::Normalizer2::getNFDInstance(status);
  RPP_CHECK(U_SUCCESS(status), "ICU offers no NFD normalisation ({}): reinstall its data",
            u_errorName(status));
  return *instance;
}

icu::UnicodeString decompose(std::u32string_view text) {
  const auto* points = reinterpret_cast<const UChar32*>(text.data());
  const auto source = icu::UnicodeString::fromUTF32(points, static_cast<int32_t>(text.size()));
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString result = nfd().normalize(source, status);
  RPP_CHECK(U_SUCCESS(status), "ICU cannot normalise a text of {} characters: {}", text.size(),
            u_errorName(status));
  return result;
}

}  // namespace

std::u32string decode_utf8(std::string_view text) {
  std::u32string points;
  points.reserve(text.size());
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  for (size_t i = 0; i < text.size();) {
    UChar32 c = 0;
    U8_NEXT(bytes, i, text.size(), c);
    if (c >= 0) points.push_back(static_cast<char32_t>(c));
  }
  return points;
}

void append_utf8(char32_t code_point, std::string& text) {
  char bytes[U8_MAX_LENGTH];
  int length = 0;
  U8_APPEND_UNSAFE(bytes, length, code_point);
  text.append(bytes, static_cast<size_t>(length));
}

size_t count_code_points(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !U8_IS_TRAIL(c); }));
}

size_t find_invalid_utf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i;
    UChar32 c = 0;
    U8_NEXT(bytes, i, text.size(), c);
    if (c < 0) return begin;
  }
  return text.size();
}

bool is_bert_whitespace(char32_t c) {
  if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return true;
  return u_charType(icu(c)) == U_SPACE_SEPARATOR;
}

bool is_bert_control(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  return (U_GET_GC_MASK(icu(c)) & (U_GC_CC_MASK | U_GC_CF_MASK)) != 0;
}

bool is_bert_punctuation(char32_t c) {
  if ((c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126))
    return true;
  return (U_GET_GC_MASK(icu(c)) & U_GC_P_MASK) != 0;
}

bool is_cjk_ideograph(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

bool is_python_whitespace(char32_t c) {
  if (c <= 0xA0) return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0;
  return c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

bool is_python_word(char32_t c) {
  if (c == '_' || (U_GET_GC_MASK(icu(c)) & U_GC_L_MASK) != 0) return true;
  return u_getIntPropertyValue(icu(c), UCHAR_NUMERIC_TYPE) != U_NT_NONE;
}

// Of Unicode's SpecialCasing only these two concern lower-casing without a locale.
std::u32string lower_case(std::u32string_view text) {
  std::u32string lower;
  lower.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == kCapitalSigma) {
      lower.push_back(is_final_sigma(text, i) ? kFinalSigma : kSmallSigma);
    } else if (c == kCapitalIWithDot) {
      lower.append({U'i', kDotAbove});
    } else {
      lower.push_back(static_cast<char32_t>(u_tolower(icu(c))));
    }
  }
  return lower;
}

std::u32string strip_accents(std::u32string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c < kFirstDecomposable; })) {
    return std::u32string(text);
  }
  const icu::UnicodeString decomposed = decompose(text);
  std::u32string stripped;
  stripped.reserve(static_cast<size_t>(decomposed.length()));
  for (int32_t i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
    const UChar32 c = decomposed.char32At(i);
    if (u_charType(c) != U_NON_SPACING_MARK) stripped.push_back(static_cast<char32_t>(c));
  }
  return stripped;
}

}  // namespace rpp
