// The tokenizer.json of a unigram tokenizer (XLM-R, multilingual E5, BGE-M3) as a sentencepiece model.
#pragma once

#include <filesystem>
#include <string_view>

#include "sentencepiece/sentencepiece_tokenizer.h"

namespace rpp {

// sentencepiece gives the ids of the tokenizers library, except that the latter drops marks that follow a
// character which its normaliser replaces ("\u2460\u0301"). Throws Error, naming `file` and the member, for
// everything that would give other ids.
SentencePieceSource parse_unigram_json(std::string_view text, const std::filesystem::path& file);

}  // namespace rpp
