// The names of the files in a model directory, and in a model file made of one.
#pragma once

#include <array>
#include <filesystem>
#include <string_view>

namespace rpp {

inline constexpr const char* kConfigFile = "config.json";
inline constexpr const char* kWeightsFile = "model.safetensors";
inline constexpr const char* kWeightsIndexFile = "model.safetensors.index.json";  // of shards
inline constexpr const char* kMaskFile = "mask.safetensors";
inline constexpr const char* kVocabFile = "vocab.txt";
inline constexpr const char* kTokenizerJsonFile = "tokenizer.json";
inline constexpr const char* kTokenizerConfigFile = "tokenizer_config.json";
inline constexpr const char* kSpecialTokensFile = "special_tokens_map.json";
inline constexpr const char* kAddedTokensFile = "added_tokens.json";
inline constexpr const char* kBpeVocabFile = "vocab.json";   // byte-level BPE
inline constexpr const char* kBpeMergesFile = "merges.txt";  // beside it
inline constexpr const char* kXlmRobertaFile = "sentencepiece.bpe.model";
inline constexpr std::array kSentencePieceFiles = {"spiece.model", "tokenizer.model", kXlmRobertaFile};

// Any of them holds a vocabulary.
inline constexpr std::array kVocabularyFiles = {
    kVocabFile,      kSentencePieceFiles[0], kSentencePieceFiles[1],
    kXlmRobertaFile, kTokenizerJsonFile,     kBpeVocabFile};
// All that a tokenizer may be read from.
inline constexpr std::array kTokenizerFiles = {
    kVocabFile,     kSentencePieceFiles[0], kSentencePieceFiles[1], kXlmRobertaFile,    kBpeVocabFile,
    kBpeMergesFile, kTokenizerJsonFile,     kTokenizerConfigFile,   kSpecialTokensFile, kAddedTokensFile};

// Copies those of kTokenizerFiles that `from` has into the directory `to`.
void copy_tokenizer_files(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace rpp
