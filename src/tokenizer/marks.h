// Characters and marks that mean something to more than one kind of tokenizer.
#pragma once

#include <string_view>

namespace rpp {

inline constexpr std::string_view kContinuationMark = "##";  // WordPiece: a piece that does not begin a word
inline constexpr std::string_view kWordStart = "\u2581";     // SentencePiece: a piece that begins one
inline constexpr char32_t kCapitalSigma = 0x03A3;  // its lower case depends on its place in the word

}  // namespace rpp
