// The files that a tokenizer is read from, as texts: of a model directory or of a model file.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace rpp {

using TokenizerTexts = std::map<std::string, std::string_view, std::less<>>;  // by name

// One of them that holds a JSON object; nothing if there is none. Throws Error naming the file in `folder`.
std::optional<nlohmann::json> object_in(const TokenizerTexts& texts, const std::filesystem::path& folder,
                                        const char* name);

// Whether a tokenizer.json has a unigram model; without parsing it, for such files have 17 MB.
bool is_unigram_json(std::string_view text);

// Whether a tokenizer.json has a model with merges, BPE.
bool is_bpe_json(std::string_view text);

// Whether the tokenizer is one of byte-level BPE: a tokenizer.json with merges or, if there is none, a
// vocab.json or merges.txt that is not beside a vocab.txt. Asked after has_sentencepiece().
bool has_byte_bpe(const TokenizerTexts& files);

// Whether the vocabulary is one of sentencepiece: a file such as spiece.model, or a tokenizer.json with a
// unigram model; not beside a vocab.txt.
bool has_sentencepiece(const TokenizerTexts& files);

}  // namespace rpp
