#include "tokenizer/transformers_config.h"

#include <algorithm>
#include <array>

#include "bert_format/model_files.h"
#include "core/json.h"
#include "rpp/error.h"
#include "stated_tokens.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

constexpr std::array<std::string_view, 7> kStandardKeys = {"bos_token", "eos_token", "unk_token", "sep_token",
                                                           "pad_token", "cls_token", "mask_token"};
constexpr const char* kExtraKey = "extra_special_tokens";
constexpr const char* kOldExtraKey = "additional_special_tokens";

bool is_standard(std::string_view key) {
  return std::ranges::find(kStandardKeys, key) != kStandardKeys.end();
}

// Standard keys in their order, then others.
void sort_named(TransformersConfig& config) {
  std::ranges::stable_sort(config.named, {}, [](const auto& token) {
    return std::ranges::find(kStandardKeys, token.first) - kStandardKeys.begin();
  });
}

// A text, or an object with a content.
bool is_token(const json& value) {
  return value.is_string() || (value.is_object() && value.contains("content"));
}

class Reader {
 public:
  Reader(const TokenizerTexts& texts, path folder, TokenizerKind kind)
      : texts_(texts), folder_(std::move(folder)), kind_(kind) {}

  TransformersConfig read(const std::vector<StatedToken>& in_json) {
    const json config = parse(kTokenizerConfigFile).value_or(json::object());
    TransformersConfig result = {.tokenizer_class = read_class(config)};
    check_tokenizer_switches(config, folder_ / kTokenizerConfigFile);
    result.do_lower_case = read_switch(config, "do_lower_case");
    result.strip_accents = read_switch(config, "strip_accents");
    result.tokenize_chinese_chars = read_switch(config, "tokenize_chinese_chars");
    result.add_prefix_space = read_switch(config, "add_prefix_space");
    result.trim_offsets = read_switch(config, "trim_offsets");
    const json decoder = config.value("added_tokens_decoder", json());
    // Newer files say everything in tokenizer_config.json.
    const json map = decoder.is_null() ? parse(kSpecialTokensFile).value_or(json::object()) : json::object();
    read_named(config, map, result);
    read_extra(config, map, result);
    std::map<int64_t, StatedToken> added;
    if (decoder.is_null()) {
      read_added_file(result, added);
      for (const StatedToken& token : in_json) added.insert_or_assign(token.id.value_or(-1), token);
    } else {
      read_decoder(decoder, added);
    }
    for (auto& [id, token] : added) result.added.push_back(std::move(token));
    use_added_options(result);
    return result;
  }

 private:
  std::optional<json> parse(const char* name) const {
    const auto text = texts_.find(name);
    if (text == texts_.end()) return std::nullopt;
    return parse_json_object(text->second, (folder_ / name).string(), "write it again or remove it");
  }

  std::string read_class(const json& config) const {
    std::string name = tokenizer_class_of(config, folder_ / kTokenizerConfigFile, kind_);
    const auto model = parse(kConfigFile);
    if (!model) return name;
    const std::string other = tokenizer_class_of(*model, folder_ / kConfigFile, kind_);
    if (kind_ == TokenizerKind::wordpiece && name.empty() && other.empty() &&
        model->value("model_type", json()) == "mpnet") {
      return kMpnetTokenizer;
    }
    return name.empty() ? other : name;
  }

  std::optional<bool> read_switch(const json& config, const char* key) const {
    const json value = config.value(key, json());
    if (value.is_null()) return std::nullopt;
    RPP_CHECK(value.is_boolean(), "{}: {} must be true or false, not {}", folder_ / kTokenizerConfigFile, key,
              value.dump());
    return value.get<bool>();
  }

  // A null says that there is no such token. In special_tokens_map.json all tokens are special.
  void set_named(const json& object, const std::string& key, const char* file,
                 TransformersConfig& result) const {
    const auto value = object.find(key);
    if (value == object.end()) return;
    std::optional<StatedToken> token;
    if (!value->is_null()) token = stated_token(*value, folder_ / file);
    if (token && file == kSpecialTokensFile) token->special = true;
    const auto place = std::ranges::find(result.named, key, &decltype(result.named)::value_type::first);
    if (place != result.named.end()) {
      place->second = std::move(token);
    } else {
      result.named.emplace_back(key, std::move(token));
    }
  }

  void read_named(const json& config, const json& map, TransformersConfig& result) const {
    for (const std::string_view key : kStandardKeys) {
      set_named(config, std::string(key), kTokenizerConfigFile, result);
      set_named(map, std::string(key), kSpecialTokensFile, result);
    }
    for (const auto& [object, file] :
         {std::pair(&config, kTokenizerConfigFile), {&map, kSpecialTokensFile}}) {
      for (const auto& [key, value] : object->items()) {
        if (key.ends_with("_token") && !is_standard(key) && is_token(value)) {
          set_named(*object, key, file, result);
        }
      }
      const json extra = object->value(kExtraKey, json());
      if (!extra.is_object()) continue;
      for (const auto& [key, value] : extra.items()) set_named(extra, key, file, result);
    }
  }

  void append_extra(const json& list, const char* file, TransformersConfig& result) const {
    RPP_CHECK(list.is_null() || list.is_array() || list.is_object(),
              "{}: {} is {}, it must be a list of tokens", folder_ / file, kExtraKey, list.dump());
    if (!list.is_array()) return;
    for (const json& item : list) {
      StatedToken token = stated_token(item, folder_ / file);
      if (file == kSpecialTokensFile) token.special = true;
      if (std::ranges::find(result.extra, token.content, &StatedToken::content) == result.extra.end())
        result.extra.push_back(std::move(token));
    }
  }

  // The old key counts where the new one is absent; an object under the new one holds named tokens.
  void read_extra(const json& config, const json& map, TransformersConfig& result) const {
    const bool in_config = (config.contains(kExtraKey) && !config[kExtraKey].is_object()) ||
                           (config.contains(kOldExtraKey) && !config.contains(kExtraKey));
    append_extra(config.value(config.contains(kExtraKey) ? kExtraKey : kOldExtraKey, json()),
                 kTokenizerConfigFile, result);
    const bool in_map = map.contains(kExtraKey) && map[kExtraKey].is_array();
    append_extra(map.value(kExtraKey, json()), kSpecialTokensFile, result);
    if (!in_config && !in_map) append_extra(map.value(kOldExtraKey, json()), kSpecialTokensFile, result);
  }

  void read_decoder(const json& decoder, std::map<int64_t, StatedToken>& added) const {
    const path file = folder_ / kTokenizerConfigFile;
    RPP_CHECK(decoder.is_object(), "{}: added_tokens_decoder must be an object of tokens by id", file);
    for (const auto& [key, token] : decoder.items()) {
      const bool is_number = !key.empty() && key.size() < 10 &&
                             std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; });
      RPP_CHECK(is_number, "{}: added_tokens_decoder has the key \"{}\", which is no id", file, key);
      StatedToken stated = stated_token(token, file);
      stated.id = std::stoll(key);
      added.insert_or_assign(*stated.id, std::move(stated));
    }
  }

  // Those that are special are named elsewhere.
  void read_added_file(const TransformersConfig& result, std::map<int64_t, StatedToken>& added) const {
    const auto object = parse(kAddedTokensFile);
    if (!object) return;
    const path file = folder_ / kAddedTokensFile;
    const auto is_special = [&](const std::string& content) {
      return std::ranges::find(result.extra, content, &StatedToken::content) != result.extra.end() ||
             std::ranges::any_of(result.named, [&](const auto& token) {
               return token.second && token.second->content == content;
             });
    };
    for (const auto& [content, id] : object->items()) {
      RPP_CHECK(id.is_number_integer(), "{}: the id of \"{}\" is {}, it must be a number", file, content,
                id.dump());
      const bool special = is_special(content);
      const auto number = id.get<int64_t>();
      added.insert_or_assign(number, StatedToken{.content = content,
                                                 .normalized = !special,
                                                 .special = special,
                                                 .id = number,
                                                 .file = file.string()});
    }
  }

  void use_added_options(TransformersConfig& result) const {
    for (auto& [key, named] : result.named) {
      if (!named) continue;
      const auto token = std::ranges::find(result.added, named->content, &StatedToken::content);
      if (token != result.added.end()) named = *token;
    }
  }

  const TokenizerTexts& texts_;
  path folder_;
  TokenizerKind kind_;
};

StatedToken as_special(StatedToken token) {
  token.special = true;
  return token;
}

void add_named(const TransformersConfig& config, AddedVocabulary& added) {
  int num_unordered = 0;  // JSON objects have no order, which new ids would depend on
  for (const auto& [key, token] : config.named) {
    if (!token || added.contains(token->content)) continue;
    if (!is_standard(key) && !added.find(token->content)) ++num_unordered;
    RPP_CHECK(num_unordered < 2, "{}: \"{}\" has no id: list it in added_tokens_decoder or the vocabulary",
              token->file, token->content);
    added.add(as_special(*token));
  }
}

}  // namespace

TransformersConfig read_transformers_config(const TokenizerTexts& texts, const path& folder,
                                            const std::vector<StatedToken>& in_json, TokenizerKind kind) {
  return Reader(texts, folder, kind).read(in_json);
}

void name_missing_tokens(TransformersConfig& config,
                         std::span<const std::pair<const char*, const char*>> names) {
  for (const auto& [key, name] : names) {
    if (std::ranges::find(config.named, key, &decltype(config.named)::value_type::first) !=
        config.named.end())
      continue;
    config.named.emplace_back(key, StatedToken{.content = name, .special = true, .file = "the vocabulary"});
  }
  sort_named(config);
}

void set_special_name(const TransformersConfig& config, std::string_view key, std::string& name) {
  for (const auto& [named_key, token] : config.named) {
    if (named_key == key && token) name = token->content;
  }
}

// As TokenizersBackend.__init__.
void add_tokens(const TransformersConfig& config, AddedVocabulary& added) {
  for (const StatedToken& token : config.added) {
    const bool named = std::ranges::any_of(config.named, [&](const auto& other) {
      return other.second && other.second->content == token.content;
    });
    added.add(named ? as_special(token) : token);
  }
  add_named(config, added);
  for (const StatedToken& token : config.extra) {
    if (!added.contains(token.content)) added.add(token);
  }
}

}  // namespace rpp
