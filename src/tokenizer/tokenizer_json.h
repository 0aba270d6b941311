// Reads the WordPiece vocabulary of a tokenizer.json, the only file that transformers 5 saves for a BERT
// tokenizer.
#pragma once

#include <filesystem>
#include <string_view>

#include "tokenizer/basic_tokenizer.h"
#include "tokenizer/vocab.h"

namespace rpp {

struct WordPieceJson {
  Vocabulary vocabulary;
  LetterCase letter_case;
};

// Throws Error for another kind of model or normaliser and for ids with gaps; `file` is the name in messages.
WordPieceJson parse_tokenizer_json(std::string_view text, const std::filesystem::path& file);

}  // namespace rpp
