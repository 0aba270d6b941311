#include "tokenizer/byte_chars.h"

#include <algorithm>
#include <array>

#include "tokenizer/unicode.h"

namespace rpp {
namespace {

constexpr char32_t kFirstSubstitute = 0x100;  // of the bytes that are not printable, in their order

constexpr bool is_printable(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
}

constexpr std::array<char32_t, 256> make_chars() {
  std::array<char32_t, 256> chars{};
  char32_t substitute = kFirstSubstitute;
  for (int byte = 0; byte < 256; ++byte) {
    chars[static_cast<size_t>(byte)] = is_printable(byte) ? static_cast<char32_t>(byte) : substitute++;
  }
  return chars;
}

constexpr std::array<char32_t, 256> kChars = make_chars();

}  // namespace

std::string byte_char(unsigned char byte) {
  std::string text;
  append_utf8(kChars[byte], text);
  return text;
}

std::optional<std::string> bytes_of_piece(std::string_view piece) {
  std::string bytes;
  for (size_t i = 0; i < piece.size();) {
    const char32_t c = next_code_point(piece, i);
    const bool is_itself = c < kChars.size() && kChars[c] == c;
    const auto place = is_itself ? kChars.begin() + static_cast<int64_t>(c) : std::ranges::find(kChars, c);
    if (place == kChars.end()) return std::nullopt;
    bytes.push_back(static_cast<char>(place - kChars.begin()));
  }
  return bytes;
}

}  // namespace rpp
