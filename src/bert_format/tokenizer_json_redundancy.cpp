#include "tokenizer_json_redundancy.h"

#include <algorithm>
#include <array>

#include "core/json.h"

namespace rpp {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<const char*, const char*>, 5> kSpecial = {{{"pad_token", "[PAD]"},
                                                                          {"unk_token", "[UNK]"},
                                                                          {"cls_token", "[CLS]"},
                                                                          {"sep_token", "[SEP]"},
                                                                          {"mask_token", "[MASK]"}}};

json member(const json& object, const char* key) {
  return object.is_object() ? object.value(key, json()) : json();
}

bool says_all(const json& config) {
  const json name = member(config, "tokenizer_class");
  const bool is_bert = name == "BertTokenizer" || name == "BertTokenizerFast";
  return is_bert && member(config, "do_lower_case").is_boolean() &&
         std::ranges::all_of(kSpecial, [&](const auto& special) {
           return !config.contains(special.first) || config[special.first] == special.second;
         });
}

bool is_usual(const json& token) {
  const auto is_false = [&](const char* key) { return member(token, key) == false; };
  return member(token, "special") == true && is_false("normalized") && is_false("lstrip") &&
         is_false("rstrip") && is_false("single_word") &&
         std::ranges::any_of(kSpecial,
                             [&](const auto& special) { return member(token, "content") == special.second; });
}

bool has_lines(const json& vocab, std::string_view text) {
  size_t id = 0;
  for (; !text.empty(); ++id) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto piece = vocab.find(line);
    if (piece == vocab.end() || *piece != id) return false;
  }
  return id == vocab.size();
}

}  // namespace

bool is_redundant_tokenizer_json(const VocabularyTexts& texts) {
  if (!texts.tokenizer_config) return false;
  const auto config = try_parse_json(*texts.tokenizer_config);
  if (!config || !says_all(*config)) return false;
  const auto file = try_parse_json(texts.tokenizer_json);
  if (!file) return false;
  const json added = member(*file, "added_tokens"), vocab = member(member(*file, "model"), "vocab");
  return added.is_array() && std::ranges::all_of(added, is_usual) && vocab.is_object() &&
         has_lines(vocab, texts.vocab_txt);
}

}  // namespace rpp
