// The tokenizer.json of a WordPiece tokenizer, the tokenizers library's own file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/added_vocabulary.h"
#include "tokenizer/vocab.h"
#include "tokenizer/wordpiece_settings.h"

namespace rpp {

struct WordPieceJson {
  Vocabulary vocabulary;
  WordPieceSettings settings;      // without added tokens
  std::vector<StatedToken> added;  // in the file's order
};

// What of the file counts.
enum class JsonPart {
  all,         // as the tokenizers library reads it
  vocabulary,  // and added tokens: transformers' BertTokenizer sets everything else itself
};

// `file` is the name in messages. Throws Error that names the key for another kind of model, and for a
// normalizer, pre_tokenizer or post_processor that is not supported: read are BertNormalizer, Lowercase or
// none; BertPreTokenizer, WhitespaceSplit or Whitespace; TemplateProcessing or BertProcessing for [CLS] text
// [SEP] pair [SEP], TemplateProcessing or RobertaProcessing for <s> text </s></s> pair </s>.
WordPieceJson parse_tokenizer_json(std::string_view text, const std::filesystem::path& file, JsonPart part);

// A file that the tokenizers library and parse_tokenizer_json read as this tokenizer. The settings have
// rules.
std::string tokenizer_json_text(const Vocabulary& vocabulary, const WordPieceSettings& settings);

}  // namespace rpp
