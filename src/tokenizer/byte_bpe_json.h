// The files of a byte-level tokenizer: tokenizer.json, or vocab.json and merges.txt.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/added_vocabulary.h"
#include "tokenizer/byte_bpe.h"
#include "tokenizer_json.h"

namespace rpp {

struct ByteBpeJson {
  ByteBpeModel model;
  ByteBpeSettings settings;        // without added tokens
  std::vector<StatedToken> added;  // in the file's order
};

// JsonPart::vocabulary also reads the merges. `file` is the name in messages. Throws Error that names the key
// for another kind of model, and for a normalizer, pre_tokenizer or post_processor that is not supported:
// read are no normalizer, ByteLevel with its pattern, and RobertaProcessing, TemplateProcessing or
// BertProcessing, also after a ByteLevel.
ByteBpeJson parse_byte_bpe_json(std::string_view text, const std::filesystem::path& file, JsonPart part);

// The two texts of vocab.json and merges.txt in `folder`. Throws Error that names the file when one of them
// is damaged.
ByteBpeModel parse_byte_bpe_files(std::string_view vocab_json, std::string_view merges_txt,
                                  const std::filesystem::path& folder);

// A file that the tokenizers library and parse_byte_bpe_json read as this tokenizer.
std::string byte_bpe_json_text(const ByteBpeTokenizer& tokenizer);

}  // namespace rpp
