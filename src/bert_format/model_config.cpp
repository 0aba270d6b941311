#include "bert_format/model_config.h"

#include <charconv>
#include <iterator>
#include <set>

#include "bert_format/model_fields.h"
#include "bert_format/relative_position.h"
#include "core/json.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Json = nlohmann::json;
using nlohmann::ordered_json;  // reading many keys into it takes quadratic time

constexpr const char* kLayerSizes = "layer_sizes";
constexpr const char* kPrunedHeads = "pruned_heads";
constexpr const char* kNumBuckets = "relative_attention_num_buckets";
const FieldInfo kEmbeddingSize = {"embedding_size", "columns of the embedding tables", at_least(1)};
constexpr int64_t kMaxListedLayers = 10'000;  // a damaged number must not fill the memory

class JsonReader {
 public:
  // The meaning of an absent key or null.
  enum class Absent { keeps_default, error };

  JsonReader(const Json& json, std::string_view source, Absent absent = Absent::keeps_default)
      : json_(json), source_(source), absent_(absent) {}

  void field(const FieldInfo& info, auto& value) const {
    const auto entry = json_.find(info.key);
    if (entry != json_.end() && !entry->is_null()) return read(info, *entry, value);
    if (absent_ == Absent::error) fail("{} has no {}", source_, info.key);
  }

 private:
  void read(const FieldInfo& info, const Json& entry, int64_t& value) const {
    if (!entry.is_number_integer()) fail_entry(info, entry, "a whole number");
    value = entry.get<int64_t>();
    check_range(info, entry, static_cast<double>(value));
  }

  void read(const FieldInfo& info, const Json& entry, double& value) const {
    if (!entry.is_number()) fail_entry(info, entry, "a number");
    value = entry.get<double>();
    check_range(info, entry, value);
  }

  void read(const FieldInfo& info, const Json& entry, std::string& value) const {
    if (!entry.is_string()) fail_entry(info, entry, "a text");
    value = entry.get<std::string>();
    const std::string allowed = choice_complaint(info, value);
    if (!allowed.empty()) fail_entry(info, entry, allowed);
  }

  void check_range(const FieldInfo& info, const Json& entry, double value) const {
    const std::string allowed = range_complaint(info, value);
    if (!allowed.empty()) fail_entry(info, entry, allowed);
  }

  [[noreturn]] void fail_entry(const FieldInfo& info, const Json& entry, std::string_view must_be) const {
    fail("{}: {} is {}, it must be {}", source_, info.key, entry.dump(), must_be);
  }

  const Json& json_;
  std::string_view source_;
  Absent absent_;
};

std::vector<LayerSizes> read_layer_sizes(const Json& json, std::string_view source) {
  const auto entry = json.find(kLayerSizes);
  if (entry == json.end() || entry->is_null()) return {};
  if (!entry->is_array()) fail("{}: {} must be a list with an entry for each layer", source, kLayerSizes);
  std::vector<LayerSizes> sizes;
  for (const auto& layer : *entry) {
    const auto name = fmt::format("{}: {}[{}]", source, kLayerSizes, sizes.size());
    if (!layer.is_object()) fail("{} is {}, it must be an object", name, layer.dump());
    sizes.emplace_back();
    visit_fields(sizes.back(), JsonReader(layer, name, JsonReader::Absent::error));
  }
  return sizes;
}

// The layer that a key of "pruned_heads" means; -1 for what is no number.
int64_t layer_from(std::string_view key) {
  int64_t layer = -1;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), layer);
  return error == std::errc() && end == key.data() + key.size() ? layer : -1;
}

// The heads of one layer of "pruned_heads", such as [1, 3].
std::set<int64_t> read_heads(const Json& entry, const ModelConfig& config, const std::string& name) {
  RPP_CHECK(entry.is_array(), "{} is {}, it must be a list of heads", name, entry.dump());
  std::set<int64_t> heads;
  for (const auto& head : entry) {
    RPP_CHECK(
        head.is_number_unsigned() && head.get<uint64_t>() < static_cast<uint64_t>(config.num_attention_heads),
        "{} lists {}, the heads are 0 to {}", name, head.dump(), config.num_attention_heads - 1);
    heads.insert(head.get<int64_t>());
  }
  RPP_CHECK(std::ssize(heads) < config.num_attention_heads, "{} lists all heads, one must be left", name);
  return heads;
}

// As transformers 4 writes it: {"0": [1, 3]} for a layer 0 without the heads 1 and 3. Those that are left
// have the size that they had.
std::vector<LayerSizes> without_pruned_heads(const Json& json, const ModelConfig& config,
                                             std::string_view source) {
  const auto entry = json.find(kPrunedHeads);
  if (entry == json.end() || entry->is_null() || entry->empty()) return config.layer_sizes;
  RPP_CHECK(entry->is_object(), "{}: {} is {}, it must be an object of lists of heads", source, kPrunedHeads,
            entry->dump());
  RPP_CHECK(config.layer_sizes.empty(), "{} has both {} and {}: remove one", source, kPrunedHeads,
            kLayerSizes);
  RPP_CHECK(config.num_hidden_layers <= kMaxListedLayers, "{}: num_hidden_layers is {}, with {} at most {}",
            source, config.num_hidden_layers, kPrunedHeads, kMaxListedLayers);
  std::vector<LayerSizes> sizes;
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) sizes.push_back(sizes_of_layer(config, i));
  for (const auto& [key, heads] : entry->items()) {
    const auto name = fmt::format("{}: {}[\"{}\"]", source, kPrunedHeads, key);
    const int64_t layer = layer_from(key);
    RPP_CHECK(layer >= 0 && layer < config.num_hidden_layers, "{}: the layers are 0 to {}", name,
              config.num_hidden_layers - 1);
    sizes[static_cast<size_t>(layer)].num_attention_heads -= std::ssize(read_heads(heads, config, name));
  }
  return sizes;
}

class JsonWriter {
 public:
  explicit JsonWriter(ordered_json& json) : json_(json) {}
  void field(const FieldInfo& info, const auto& value) { json_[std::string(info.key)] = value; }

 private:
  ordered_json& json_;
};

ordered_json sizes_to_json(std::span<const LayerSizes> layers) {
  auto list = ordered_json::array();
  for (const auto& sizes : layers) visit_fields(sizes, JsonWriter(list.emplace_back(ordered_json::object())));
  return list;
}

// `key` may be absent, but must otherwise be `expected`.
void expect(const Json& json, std::string_view source, const char* key, const Json& expected,
            std::string_view meaning) {
  const auto entry = json.find(key);
  if (entry == json.end() || entry->is_null() || *entry == expected) return;
  fail("{}: {} is {}, only {} is supported: {}", source, key, entry->dump(), expected.dump(), meaning);
}

// DistilBERT's keys, and those of BERT that mean the same.
constexpr std::pair<const char*, const char*> kDistilBertKeys[] = {
    {"dim", "hidden_size"},
    {"n_layers", "num_hidden_layers"},
    {"n_heads", "num_attention_heads"},
    {"hidden_dim", "intermediate_size"},
    {"activation", "hidden_act"},
    {"dropout", "hidden_dropout_prob"},
    {"attention_dropout", "attention_probs_dropout_prob"}};

// BERT's keys that the family has not.
std::vector<const char*> foreign_keys(ModelFamily family) {
  if (family == ModelFamily::distilbert) return {"type_vocab_size", "layer_norm_eps"};
  if (family == ModelFamily::mpnet) return {"type_vocab_size"};
  return {};
}

Json with_bert_keys(Json json, ModelFamily family) {
  for (const char* key : foreign_keys(family)) json.erase(key);
  if (family != ModelFamily::distilbert) return json;
  for (const auto& [own, bert] : kDistilBertKeys) {
    json.erase(bert);
    if (const auto value = json.find(own); value != json.end()) json[bert] = *value;
  }
  return json;
}

ordered_json with_own_keys(ordered_json json, ModelFamily family) {
  for (const char* key : foreign_keys(family)) json.erase(key);
  if (family != ModelFamily::distilbert) return json;
  for (const auto& [own, bert] : kDistilBertKeys) {
    json[own] = json[bert];
    json.erase(bert);
  }
  return json;
}

bool is_roberta(ModelFamily family) {
  return family == ModelFamily::roberta || family == ModelFamily::xlm_roberta ||
         family == ModelFamily::camembert;
}

// transformers' defaults where they are not BERT's.
ModelConfig defaults_of(ModelFamily family) {
  ModelConfig config;
  config.family = family;
  if (is_roberta(family) || family == ModelFamily::mpnet) config.pad_token_id = 1;
  if (family == ModelFamily::distilbert) config.num_hidden_layers = 6;
  if (family == ModelFamily::mpnet) {
    config.vocab_size = 30527;
  }
  if (family == ModelFamily::electra) {
    config.embedding_size = 128;
    config.hidden_size = 256;
    config.num_attention_heads = 4;
    config.intermediate_size = 1024;
  }
  return config;
}

// Old files lack model_type.
ModelFamily read_family(const Json& json, std::string_view source) {
  const Json type = json.value("model_type", Json());
  if (type.is_null()) return ModelFamily::bert;
  const auto family = type.is_string() ? family_of(type.get<std::string>()) : std::nullopt;
  if (!family) fail("{}: model_type is {}, it must be {}", source, type.dump(), known_model_types());
  return *family;
}

}  // namespace

ModelConfig model_config_from_json(std::string_view text, std::string_view source_name) {
  const auto json = parse_json_object<Json>(text, source_name);
  expect(json, source_name, "is_decoder", false, "a BERT that is pruned here is an encoder");
  expect(json, source_name, "position_embedding_type", "absolute", "relative positions are not implemented");
  expect(json, source_name, kNumBuckets, kPositionBuckets, "MPNet computes with no other number");
  const ModelFamily family = read_family(json, source_name);
  ModelConfig config = defaults_of(family);
  visit_fields(config, JsonReader(with_bert_keys(json, family), source_name));
  if (family == ModelFamily::electra)
    JsonReader(json, source_name).field(kEmbeddingSize, config.embedding_size);
  config.layer_sizes = read_layer_sizes(json, source_name);
  const std::string wrong = complaint(config);
  if (!wrong.empty()) fail("{}: {}", source_name, wrong);
  config.layer_sizes = without_pruned_heads(json, config, source_name);
  const std::string still_wrong = complaint(config);
  RPP_CHECK(still_wrong.empty(), "{}: {}", source_name, still_wrong);
  return config;
}

std::string to_json(const ModelConfig& config, const ordered_json& extra) {
  ordered_json json = {{"model_type", model_type(config.family)}};
  visit_fields(config, JsonWriter(json));
  if (config.family == ModelFamily::electra) JsonWriter(json).field(kEmbeddingSize, config.embedding_size);
  if (has_relative_positions(config)) json[kNumBuckets] = kPositionBuckets;
  json = with_own_keys(std::move(json), config.family);
  if (!config.layer_sizes.empty()) json[kLayerSizes] = sizes_to_json(config.layer_sizes);
  json.update(extra);
  return json.dump(2) + "\n";
}

std::string to_json(const ModelConfig& config) {
  return to_json(config, ordered_json::object());
}

LayerSizes sizes_of_layer(const ModelConfig& config, int64_t layer) {
  if (!config.layer_sizes.empty()) return config.layer_sizes[static_cast<size_t>(layer)];
  const int64_t head_dim = config.hidden_size / config.num_attention_heads;
  return {.num_attention_heads = config.num_attention_heads,
          .query_key_dim = head_dim,
          .value_dim = head_dim,
          .intermediate_size = config.intermediate_size};
}

int64_t embedding_dim(const ModelConfig& config) {
  return config.embedding_size == 0 ? config.hidden_size : config.embedding_size;
}

int64_t first_position(const ModelConfig& config) {
  if (config.family == ModelFamily::mpnet) return 2;  // whatever its pad_token_id
  return is_roberta(config.family) ? config.pad_token_id + 1 : 0;
}

bool has_token_types(const ModelConfig& config) {
  return config.family != ModelFamily::distilbert && config.family != ModelFamily::mpnet;
}

bool has_relative_positions(const ModelConfig& config) {
  return config.family == ModelFamily::mpnet;
}

int64_t max_tokens(const ModelConfig& config) {
  return config.max_position_embeddings - first_position(config);
}

std::string complaint(const ModelConfig& config) {
  for (const auto& [key, size] : {std::pair{"vocab_size", config.vocab_size},
                                  {"hidden_size", config.hidden_size},
                                  {"num_hidden_layers", config.num_hidden_layers},
                                  {"num_attention_heads", config.num_attention_heads},
                                  {"intermediate_size", config.intermediate_size},
                                  {"max_position_embeddings", config.max_position_embeddings},
                                  {"type_vocab_size", config.type_vocab_size},
                                  {"embedding_size", config.embedding_size}}) {
    if (size > INT32_MAX) return fmt::format("{} is {}, it must be at most {}", key, size, INT32_MAX);
  }
  if (config.hidden_size % config.num_attention_heads != 0) {
    return fmt::format("hidden_size is {}, it must be a multiple of num_attention_heads, which is {}",
                       config.hidden_size, config.num_attention_heads);
  }
  const auto num_sizes = static_cast<int64_t>(config.layer_sizes.size());
  if (num_sizes != 0 && num_sizes != config.num_hidden_layers) {
    return fmt::format("layer_sizes has {} entries, it must have one for each of the {} layers", num_sizes,
                       config.num_hidden_layers);
  }
  if (has_relative_positions(config)) {
    for (const LayerSizes& layer : config.layer_sizes) {
      if (layer.num_attention_heads == config.num_attention_heads) continue;
      return fmt::format("layer_sizes has a layer of {} heads, a {} has {} in each, which one table serves",
                         layer.num_attention_heads, model_type(config.family), config.num_attention_heads);
    }
  }
  if (config.pad_token_id >= config.vocab_size) {
    return fmt::format("pad_token_id is {}, it must be less than vocab_size, which is {}",
                       config.pad_token_id, config.vocab_size);
  }
  if (max_tokens(config) < 1) {
    return fmt::format("max_position_embeddings is {}, a {} needs more than {}",
                       config.max_position_embeddings, model_type(config.family), first_position(config));
  }
  return "";
}

std::string with_layer_sizes(std::string_view config_json, std::string_view source_name,
                             std::span<const LayerSizes> sizes, LayerSizesKind kind) {
  auto json = parse_json_object<ordered_json>(config_json, source_name);
  if (kind == LayerSizesKind::intermediate) {
    const char* key =
        json.contains("hidden_dim") ? "hidden_dim" : "intermediate_size";  // DistilBERT's, or BERT's
    json[key] = sizes.front().intermediate_size;
  } else {
    json[kLayerSizes] = sizes_to_json(sizes);
  }
  return json.dump(2) + "\n";
}

}  // namespace rpp
