#include "trimmed_span.h"

#include <algorithm>
#include <string>

#include "tokenizer/unicode.h"
#include "unicode_data.h"

namespace rpp {
namespace {

bool is_trimmed(char32_t c) {
  return is_library_space(c) || c == U'\u0120';
}

size_t trimmed_at_start(std::u32string_view piece) {
  return static_cast<size_t>(std::ranges::find_if_not(piece, is_trimmed) - piece.begin());
}

size_t trimmed_at_end(std::u32string_view piece) {
  return static_cast<size_t>(std::find_if_not(piece.rbegin(), piece.rend(), is_trimmed) - piece.rbegin());
}

// Skips bytes that are not UTF-8.
uint32_t characters_later(std::string_view text, size_t position, size_t count) {
  for (size_t next = position; position < text.size(); position = next) {
    const bool is_valid = next_code_point(text, next) != kInvalidUtf8;
    if (is_valid && count-- == 0) break;
  }
  return static_cast<uint32_t>(position);
}

// `position` itself if fewer characters are before it.
uint32_t characters_earlier(std::string_view text, size_t position, size_t count) {
  size_t earlier = position;
  for (; count > 0; --count) {
    if (earlier == 0) return static_cast<uint32_t>(position);
    do --earlier;
    while (earlier > 0 && (static_cast<unsigned char>(text[earlier]) & 0xC0) == 0x80);
  }
  return static_cast<uint32_t>(earlier);
}

}  // namespace

TextSpan trimmed_span(std::string_view text, TextSpan span, std::string_view spelled, bool keep_first) {
  const std::u32string chars = decode_utf8(spelled);
  size_t before = trimmed_at_start(chars);
  const size_t behind = trimmed_at_end(chars);
  if (before == 1 && keep_first) before = 0;
  span.begin = std::min(characters_later(text, span.begin, before), span.end);
  span.end = std::max(characters_earlier(text, span.end, behind), span.begin);
  return span;
}

}  // namespace rpp
