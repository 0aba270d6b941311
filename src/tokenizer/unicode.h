// Code points and the character classes of google-research/bert's tokenization.py, by Python's Unicode data.
//
// The Unicode version is that of the Python that generated the tables (scripts/dev/make_unicode.py); another
// Python may classify newer characters differently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace rpp {

inline constexpr char32_t kInvalidUtf8 = 0xFFFFFFFF;

char32_t next_beyond_ascii(std::string_view text, size_t& position);

// The code point at `position`, which is advanced past it. kInvalidUtf8: invalid, and `position` is advanced
// past the bytes that might have started one ("maximal subpart", The Unicode Standard, 3.9).
inline char32_t next_code_point(std::string_view text, size_t& position) {
  const auto lead = static_cast<unsigned char>(text[position]);
  if (lead >= 0x80) return next_beyond_ascii(text, position);
  ++position;
  return lead;
}

// Invalid bytes are dropped, as by Python's bytes.decode("utf-8", "ignore").
std::u32string decode_utf8(std::string_view text);
void append_utf8(char32_t code_point, std::string& text);
// For valid UTF-8.
size_t count_code_points(std::string_view text);
// The first byte that is not UTF-8; text.size() when there is none.
size_t find_invalid_utf8(std::string_view text);
// Throws Error with file, line and byte for a line with bytes that are not UTF-8.
void require_utf8(std::string_view line, const std::filesystem::path& file, int64_t line_number);

// Category Zs, tab, newline, carriage return.
bool is_bert_whitespace(char32_t c);
// Categories Cc and Cf without tab, newline, carriage return. Unassigned and private-use characters are not
// control.
bool is_bert_control(char32_t c);
// Category P*, and ASCII 33-47, 58-64, 91-96, 123-126 (which adds $ + < = > ^ ` | ~).
bool is_bert_punctuation(char32_t c);
// The CJK ideograph blocks that are separated by blanks.
bool is_cjk_ideograph(char32_t c);
// The white space of Python's str.split() and str.strip().
bool is_python_whitespace(char32_t c);

// A character of a word to Python's regular expressions (\w): str.isalnum() and the underscore.
bool is_python_word(char32_t c);

// Python's str.lower(): full case mapping without a locale, a final capital sigma becomes U+03C2.
std::u32string lower_case(std::u32string_view text);
// The canonical decomposition of one character (NFD without the order of marks).
void append_decomposed(char32_t c, std::u32string& text);
// Canonical decomposition (NFD), then without category Mn.
std::u32string strip_accents(std::u32string_view text);

}  // namespace rpp
