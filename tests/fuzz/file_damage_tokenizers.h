// The undamaged tokenizer.json files of three kinds of tokenizers.
#pragma once

#include <string>

namespace rpp {

std::string wordpiece_json(const std::string& vocabulary);  // the pieces, one per line
std::string byte_bpe_json();
std::string unigram_json();

}  // namespace rpp
