// A WordPiece tokenizer of the texts of its files, wherever they lie: a model directory, a model file.
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
  // What messages call them; a vocabulary that ends in .json is a tokenizer.json.
  std::filesystem::path vocabulary_file, config_file;
};

// What tokenizer_config.json says (do_lower_case); nothing where it says nothing.
std::optional<LetterCase> stated_letter_case(const WordPieceFiles& files);

// Where no file says whether text is lower-cased, a vocabulary with capitals is cased, any other uncased.
// Throws Error for a duplicate entry, a missing special token, added tokens, and for settings that would give
// other ids than this tokenizer does.
std::unique_ptr<WordPieceTokenizer> make_wordpiece(const WordPieceFiles& files);

}  // namespace rpp
