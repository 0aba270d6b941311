// How GPT-2 splits a text into words before byte-pair encoding.
#pragma once

#include <cstddef>
#include <string_view>

namespace rpp {

// The end of the word that starts at byte `begin` of a text in UTF-8, which is valid and does not end there.
// Words are the matches of 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// (GPT-2's encoder.py) with the character classes of the tokenizers library; together they are the text.
size_t end_of_byte_word(std::string_view text, size_t begin);

}  // namespace rpp
