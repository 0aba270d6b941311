// Answers in the normalised form that SQuAD's scoring compares.
#pragma once

#include <string>
#include <string_view>

namespace rpp {

// Lower case; without ASCII punctuation, then without the words a, an, the; single blanks between words and
// none at the ends. As normalize_answer of SQuAD's evaluate-v1.1.py and evaluate-v2.0.py, with Python's
// definitions of lower case, word and white space.
std::string normalize_answer(std::string_view text);

}  // namespace rpp
