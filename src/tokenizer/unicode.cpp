#include "tokenizer/unicode.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/input_name.h"
#include "marks.h"
#include "rpp/error.h"
#include "unicode_data.h"

namespace rpp {
namespace {

constexpr char32_t kFinalSigma = 0x03C2, kSmallSigma = 0x03C3;
constexpr char32_t kCapitalIWithDot = 0x0130, kDotAbove = 0x0307;
constexpr char32_t kFirstDecomposable = 0x00C0;  // below it NFD changes nothing and no mark is of category Mn

// Hangul syllables are computed from their parts (The Unicode Standard, 3.12).
constexpr char32_t kFirstSyllable = 0xAC00, kNumSyllables = 11172;
constexpr char32_t kFirstLead = 0x1100, kFirstVowel = 0x1161, kBeforeFirstTail = 0x11A7;
constexpr char32_t kNumVowels = 21, kNumTails = 28;

struct Utf8Lead {
  int num_trails;  // trailing bytes; 0: no code point starts so
  unsigned char first_low,
      first_high;  // range of the first of them: no overlong form, no surrogate, at most U+10FFFF
};

Utf8Lead utf8_lead(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

bool is_utf8_trail(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

constexpr uint64_t kHighBits = 0x8080808080808080;

bool is_ascii16(const char* bytes) {
  uint64_t words[2];
  std::memcpy(words, bytes, sizeof(words));
  return ((words[0] | words[1]) & kHighBits) == 0;
}

// The byte length of common code points that are always valid; 0: next_code_point() decides.
size_t common_code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return text.size() > 1 && is_utf8_trail(text[1]) ? 2 : 0;
  const bool three = lead >= 0xE1 && lead <= 0xEF && lead != 0xED;
  return three && text.size() > 2 && is_utf8_trail(text[1]) && is_utf8_trail(text[2]) ? 3 : 0;
}

// Unicode's Final_Sigma (The Unicode Standard, table 3-17): a cased letter before and none after, ignoring
// case-ignorable characters between them.
bool is_final_sigma(std::u32string_view text, size_t position) {
  const auto is_ignorable = [](char32_t c) { return class_of(c).is(CharClass::ignorable); };
  const auto is_cased = [](char32_t c) { return class_of(c).is(CharClass::cased); };
  const auto before = text.substr(0, position);
  const auto after = text.substr(position + 1);
  const auto previous = std::find_if_not(before.rbegin(), before.rend(), is_ignorable);
  if (previous == before.rend() || !is_cased(*previous)) return false;
  const auto next = std::find_if_not(after.begin(), after.end(), is_ignorable);
  return next == after.end() || !is_cased(*next);
}

// Marks after a letter are sorted by combining class; those of equal class keep their order.
void order_marks(std::u32string& text) {
  const auto is_letter = [](char32_t c) { return class_of(c).combining == 0; };
  const auto by_class = [](char32_t a, char32_t b) { return class_of(a).combining < class_of(b).combining; };
  for (auto begin = text.begin(); begin != text.end();) {
    begin = std::find_if_not(begin, text.end(), is_letter);
    const auto end = std::find_if(begin, text.end(), is_letter);
    std::stable_sort(begin, end, by_class);
    begin = end;
  }
}

}  // namespace

char32_t next_beyond_ascii(std::string_view text, size_t& position) {
  const auto byte = static_cast<unsigned char>(text[position++]);
  const Utf8Lead lead = utf8_lead(byte);
  if (lead.num_trails == 0) return kInvalidUtf8;
  char32_t c = byte & (0x3Fu >> lead.num_trails);
  for (int i = 0; i < lead.num_trails; ++i, ++position) {
    if (position == text.size()) return kInvalidUtf8;
    const auto trail = static_cast<unsigned char>(text[position]);
    if (trail < (i == 0 ? lead.first_low : 0x80) || trail > (i == 0 ? lead.first_high : 0xBF))
      return kInvalidUtf8;
    c = c << 6 | (trail & 0x3Fu);
  }
  return c;
}

std::u32string decode_utf8(std::string_view text) {
  std::u32string points;
  points.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const char32_t c = next_code_point(text, i);
    if (c != kInvalidUtf8) points.push_back(c);
  }
  return points;
}

void append_utf8(char32_t code_point, std::string& text) {
  const auto put = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  const auto put_trail = [&](int shift) { put(0x80 | (code_point >> shift & 0x3F)); };
  if (code_point < 0x80) return put(code_point);
  if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put_trail(6);
  } else {
    put(0xF0 | code_point >> 18);
    put_trail(12);
    put_trail(6);
  }
  put_trail(0);
}

size_t count_code_points(std::string_view text) {
  return text.size() - static_cast<size_t>(std::count_if(text.begin(), text.end(), is_utf8_trail));
}

size_t find_invalid_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    while (text.size() - i >= 16 && is_ascii16(text.data() + i)) i += 16;
    const bool ends_soon = text.size() - i < 16 && text.size() >= 16;
    if (ends_soon && is_ascii16(text.data() + text.size() - 16)) break;
    if (i == text.size()) break;
    const size_t begin = i;
    i += common_code_point(text.substr(i));
    if (i == begin && next_code_point(text, i) == kInvalidUtf8) return begin;
  }
  return text.size();
}

void require_utf8(std::string_view line, const std::filesystem::path& file, int64_t line_number) {
  const size_t invalid = find_invalid_utf8(line);
  if (invalid == line.size()) return;
  fail("{}:{}: byte {} of the line is not UTF-8: convert the file, as with iconv -f ISO-8859-1 -t UTF-8",
       input_name(file), line_number, invalid + 1);
}

bool is_bert_whitespace(char32_t c) {
  if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return true;
  return class_of(c).is(CharClass::space);
}

bool is_bert_control(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  return class_of(c).is(CharClass::control);
}

bool is_bert_punctuation(char32_t c) {
  if ((c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126))
    return true;
  return class_of(c).is(CharClass::punctuation);
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
  return class_of(c).is(CharClass::word);
}

// Of Unicode's SpecialCasing only these two affect lower-casing without a locale.
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
      lower.push_back(simple_lower_case(c));
    }
  }
  return lower;
}

void append_decomposed(char32_t c, std::u32string& text) {
  if (c >= kFirstSyllable && c < kFirstSyllable + kNumSyllables) {
    const char32_t syllable = c - kFirstSyllable, tail = syllable % kNumTails;
    text.push_back(kFirstLead + syllable / (kNumVowels * kNumTails));
    text.push_back(kFirstVowel + syllable / kNumTails % kNumVowels);
    if (tail != 0) text.push_back(kBeforeFirstTail + tail);
    return;
  }
  const auto parts = c < kFirstDecomposable ? std::span<const uint32_t>() : decomposition_of(c);
  if (parts.empty()) text.push_back(c);
  text.append(parts.begin(), parts.end());
}

std::u32string strip_accents(std::u32string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c < kFirstDecomposable; })) {
    return std::u32string(text);
  }
  std::u32string stripped;
  stripped.reserve(text.size());
  for (const char32_t c : text) append_decomposed(c, stripped);
  order_marks(stripped);
  std::erase_if(stripped, [](char32_t c) { return class_of(c).is(CharClass::mark); });
  return stripped;
}

}  // namespace rpp
