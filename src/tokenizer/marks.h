// Characters and marks used by several tokenizers.
#pragma once

#include <string_view>

namespace rpp {

inline constexpr std::string_view kContinuationMark = "##";  // WordPiece: a piece that does not start a word
inline constexpr std::string_view kWordStart = "\u2581";     // SentencePiece: a piece that starts one
inline constexpr char32_t kCapitalSigma = 0x03A3;  // its lower case depends on its position in the word

}  // namespace rpp
