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

// The key, not a piece of that name.
bool is_bpe_json(std::string_view text) {
  constexpr std::string_view kKey = "\"merges\"";
  for (size_t at = text.find(kKey); at != text.npos; at = text.find(kKey, at + 1)) {
    const std::string_view value =
        text.substr(std::min(text.find_first_not_of(" :\t\r\n", at + kKey.size()), text.size()));
    if (value.starts_with('[')) return true;
  }
  return false;
}

bool has_byte_bpe(const TokenizerTexts& files) {
  const auto json = files.find(kTokenizerJsonFile);
  if (json != files.end()) return is_bpe_json(json->second);
  return !files.contains(kVocabFile) && (files.contains(kBpeVocabFile) || files.contains(kBpeMergesFile));
}

bool has_sentencepiece(const TokenizerTexts& files) {
  if (files.contains(kVocabFile)) return false;
  if (std::ranges::any_of(kSentencePieceFiles, [&](auto name) { return files.contains(name); })) return true;
  const auto json = files.find(kTokenizerJsonFile);
  return json != files.end() && is_unigram_json(json->second);
}

}  // namespace rpp
