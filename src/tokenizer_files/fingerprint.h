// When two tokenizers are the same.
#pragma once

#include <string>

#include "rpp/tokenizer.h"

namespace rpp {

// SHA-256 of vocabulary and options: two tokenizers with the same fingerprint give the same ids.
std::string fingerprint(const Tokenizer& tokenizer);

}  // namespace rpp
