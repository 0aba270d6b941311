// GPT-2's alphabet: a printable character for each byte, in which the files of byte-level tokenizers spell
// their pieces. A blank is U+0120.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rpp {

inline constexpr std::string_view kBlankChar = "\u0120";

// As UTF-8.
std::string byte_char(unsigned char byte);

// The bytes that a piece spells; nothing if one of its characters is not of the alphabet.
std::optional<std::string> bytes_of_piece(std::string_view piece);

}  // namespace rpp
