// The blanks at the edges of a token, which belong to no token in RoBERTa's and MPNet's offsets.
#pragma once

#include <string_view>

#include "rpp/text_span.h"

namespace rpp {

// As process_offsets of the tokenizers library, which counts the blanks of the token as it is spelled and
// removes as many characters of the text. keep_first: a single blank at the start is not removed.
TextSpan trimmed_span(std::string_view text, TextSpan span, std::string_view spelled, bool keep_first);

}  // namespace rpp
