// Answers in the form in which SQuAD's scoring compares them.
#pragma once

#include <string>
#include <string_view>

namespace rpp {

// Lower case; without ASCII punctuation, then without the words a, an, the; single blanks between words and
// none at the ends. normalize_answer of SQuAD's evaluate-v1.1.py and evaluate-v2.0.py, with Python's notions
// of lower case, word and white space.
std::string normalize_answer(std::string_view text);

}  // namespace rpp
