// The files that a tokenizer is read from, as texts: of a model directory or of a model file.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace rpp {

using TokenizerTexts = std::map<std::string, std::string_view, std::less<>>;  // by name

// Whether a tokenizer.json has a unigram model; without parsing it, for such files have 17 MB.
bool is_unigram_json(std::string_view text);

// Whether the vocabulary is one of sentencepiece: a file such as spiece.model, or a tokenizer.json with a
// unigram model; not beside a vocab.txt.
bool has_sentencepiece(const TokenizerTexts& files);

}  // namespace rpp
