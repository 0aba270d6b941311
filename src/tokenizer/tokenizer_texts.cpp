#include "tokenizer/tokenizer_texts.h"

#include <algorithm>

#include "bert_format/model_files.h"
#include "core/json.h"

namespace rpp {

std::optional<nlohmann::json> object_in(const TokenizerTexts& texts, const std::filesystem::path& folder,
                                        const char* name) {
  const auto text = texts.find(name);
  if (text == texts.end()) return std::nullopt;
  return parse_json_object(text->second, (folder / name).string(), "write it again or remove it");
}

bool is_unigram_json(std::string_view text) {
  return text.find("\"unk_id\"") != text.npos;  // models of other types have an unk_token
}

bool has_sentencepiece(const TokenizerTexts& files) {
  if (files.contains(kVocabFile)) return false;
  if (std::ranges::any_of(kSentencePieceFiles, [&](auto name) { return files.contains(name); })) return true;
  const auto json = files.find(kTokenizerJsonFile);
  return json != files.end() && is_unigram_json(json->second);
}

}  // namespace rpp
