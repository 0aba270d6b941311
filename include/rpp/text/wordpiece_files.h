// A WordPiece tokenizer of the texts of its files, wherever they lie: a model directory, a model file.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "rpp/text/wordpiece.h"

namespace rpp {

struct WordPieceFiles {
  std::string_view vocabulary;             // vocab.txt, or the tokenizer.json of a BERT tokenizer
  std::optional<std::string_view> config;  // tokenizer_config.json: do_lower_case; absent means uncased
  // What messages call them; a vocabulary that ends in .json is a tokenizer.json.
  std::filesystem::path vocabulary_file, config_file;
};

// Throws Error for a duplicate entry, a missing special token, and for settings that would give other ids
// than this tokenizer does.
std::unique_ptr<WordPieceTokenizer> make_wordpiece(const WordPieceFiles& files);

}  // namespace rpp
