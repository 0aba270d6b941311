#include "tokenizer/byte_words.h"

#include <array>
#include <cstdint>

#include "tokenizer/unicode.h"
#include "unicode_data.h"

namespace rpp {
namespace {

enum class WordKind : uint8_t { blank, letter, number, other };

WordKind find_kind(char32_t c) {
  const CharClass found = library_class_of(c);
  if (found.is(CharClass::letter)) return WordKind::letter;
  if (found.is(CharClass::number)) return WordKind::number;
  return found.is(CharClass::space) ? WordKind::blank : WordKind::other;
}

constexpr WordKind ascii_kind(char32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return WordKind::letter;
  if (c >= '0' && c <= '9') return WordKind::number;
  return c == ' ' || (c >= '\t' && c <= '\r') ? WordKind::blank : WordKind::other;
}

constexpr std::array<WordKind, 128> make_ascii_kinds() {
  std::array<WordKind, 128> kinds{};
  for (char32_t c = 0; c < 128; ++c) kinds[c] = ascii_kind(c);
  return kinds;
}

constexpr std::array<WordKind, 128> kAsciiKinds = make_ascii_kinds();

// Of the character at `position`, which is advanced past it.
WordKind next_kind(std::string_view text, size_t& position) {
  const char32_t c = next_code_point(text, position);
  return c < 128 ? kAsciiKinds[c] : find_kind(c);
}

size_t end_of_run(std::string_view text, size_t begin, WordKind kind) {
  for (size_t next = begin; begin < text.size(); begin = next) {
    if (next_kind(text, next) != kind) break;
  }
  return begin;
}

// The last of several blanks belongs to the word after them.
size_t end_of_blanks(std::string_view text, size_t begin) {
  size_t last = begin, end = begin;
  for (size_t next = begin; end < text.size(); end = next) {
    if (next_kind(text, next) != WordKind::blank) break;
    last = end;
  }
  return end == text.size() || last == begin ? end : last;
}

// The length of 's, 't, 're, 've, 'm, 'll or 'd at the start of `text`; 0: none is there.
size_t contraction_length(std::string_view text) {
  if (text.size() < 2 || text[0] != '\'') return 0;
  switch (text[1]) {
    case 's':
    case 't':
    case 'm':
    case 'd':
      return 2;
    case 'r':
    case 'v':
      return text.substr(2).starts_with('e') ? 3 : 0;
    case 'l':
      return text.substr(2).starts_with('l') ? 3 : 0;
    default:
      return 0;
  }
}

}  // namespace

size_t end_of_byte_word(std::string_view text, size_t begin) {
  const size_t contraction = contraction_length(text.substr(begin));
  if (contraction > 0) return begin + contraction;
  size_t next = begin + (text[begin] == ' ' ? 1 : 0);
  if (next == text.size()) return next;
  const WordKind kind = next_kind(text, next);
  return kind == WordKind::blank ? end_of_blanks(text, begin) : end_of_run(text, next, kind);
}

}  // namespace rpp
