// Makes a WordPiece tokenizer from the texts of its files, from a model directory or a model file.
//
// A vocab.txt alone is read as google-research/bert does. With a tokenizer.json, tokenizer_config.json,
// special_tokens_map.json or added_tokens.json the ids and offsets are those of transformers' AutoTokenizer:
// BertTokenizer and its relatives take from a tokenizer.json only the vocabulary and the added tokens, their
// switches are in tokenizer_config.json. PreTrainedTokenizerFast, TokenizersBackend, and a tokenizer.json
// without tokenizer_class and config.json are read as the tokenizers library reads the file.
// One exception: without a tokenizer.json and do_lower_case, a vocabulary with capitals is cased.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "tokenizer/transformers_config.h"
#include "tokenizer/wordpiece.h"

namespace rpp {

struct WordPieceFiles {
  TokenizerTexts texts;  // others than those of a tokenizer and config.json are not read
  std::filesystem::path folder;
  std::filesystem::path vocabulary_file;  // if not vocab.txt in the folder
};

struct LoadedWordPiece {
  std::unique_ptr<WordPieceTokenizer> tokenizer;
  std::string note;  // for the log: that the case is not as somebody may expect; or empty
};

// Throws Error that names the file and the key for whatever would give other ids, for a missing special
// token, and for damaged files.
LoadedWordPiece make_wordpiece(const WordPieceFiles& files);

// The same from a model directory, or from a vocabulary or tokenizer.json with the other files beside it.
LoadedWordPiece load_wordpiece(const std::filesystem::path& path);

}  // namespace rpp
