// Makes a WordPiece tokenizer from the texts of its files, from a model directory or a model file.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "tokenizer/wordpiece.h"

namespace rpp {

struct WordPieceFiles {
  std::string_view vocabulary;             // vocab.txt, or the tokenizer.json of a BERT tokenizer
  std::optional<std::string_view> config;  // tokenizer_config.json
  // File names for messages; a vocabulary that ends in .json is a tokenizer.json.
  std::filesystem::path vocabulary_file, config_file;
};

// do_lower_case of tokenizer_config.json; nothing if absent.
std::optional<LetterCase> stated_letter_case(const WordPieceFiles& files);

// If no file says whether text is lower-cased, a vocabulary with capitals is cased, any other uncased. Throws
// Error for a duplicate entry, a missing special token, added tokens, and settings that would give different
// ids.
std::unique_ptr<WordPieceTokenizer> make_wordpiece(const WordPieceFiles& files);

}  // namespace rpp
