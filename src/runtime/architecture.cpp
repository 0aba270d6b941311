#include "architecture.h"

#include <cmath>

#include "bert_format/model_file.h"
#include "core/json.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Json = nlohmann::json;

// config.json of the model, with its file's name in every complaint.
class Config {
 public:
  explicit Config(const ModelFile& file) : path_(file.path()) {
    json_ = parse_json_object(file.file("config.json"), fmt::format("{}: config.json", path_));
    expect("model_type", "bert");
    expect("hidden_act", "gelu");
    expect("position_embedding_type", "absolute");
    expect("is_decoder", false);
  }

  int64_t size(const char* key, int64_t without_it) const {
    const auto entry = json_.find(key);
    return entry == json_.end() ? without_it : whole_number(key, *entry);
  }

  // One for each layer, or none where all have the sizes of the model.
  std::vector<LayerShape> layer_sizes() const {
    std::vector<LayerShape> layers;
    const auto list = json_.find("layer_sizes");
    if (list == json_.end() || list->is_null()) return layers;
    RPP_CHECK(list->is_array(), "{}: config.json: layer_sizes is no list", path_);
    for (const auto& entry : *list) {
      const auto size = [&](const char* key) {
        RPP_CHECK(entry.is_object() && entry.contains(key), "{}: config.json: layer_sizes[{}] has no {}",
                  path_, layers.size(), key);
        return whole_number(key, entry[key]);
      };
      layers.push_back({.num_heads = size("num_attention_heads"),
                        .query_key_dim = size("query_key_dim"),
                        .value_dim = size("value_dim"),
                        .intermediate_size = size("intermediate_size")});
    }
    return layers;
  }

  float epsilon() const {
    const auto entry = json_.find("layer_norm_eps");
    if (entry == json_.end()) return 1e-12F;
    RPP_CHECK(entry->is_number() && *entry > 0, "{}: config.json: layer_norm_eps is {}, it must be above 0",
              path_, entry->dump());
    return entry->get<float>();
  }

 private:
  void expect(const char* key, const Json& expected) const {
    const auto entry = json_.find(key);
    if (entry == json_.end() || entry->is_null() || *entry == expected) return;
    fail("{}: config.json: {} is {}, this runtime knows {} only", path_, key, entry->dump(), expected.dump());
  }

  int64_t whole_number(const char* key, const Json& value) const {
    RPP_CHECK(value.is_number_integer() && value > 0 && value <= INT32_MAX,
              "{}: config.json: {} is {}, it must be a whole number above 0", path_, key, value.dump());
    return value.get<int64_t>();
  }

  const std::filesystem::path& path_;
  Json json_;
};

// Without a key: transformers' default, BERT-base.
std::vector<LayerShape> read_layers(const Config& config, const ModelFile& file, int64_t hidden) {
  const int64_t num_layers = config.size("num_hidden_layers", 12),
                heads = config.size("num_attention_heads", 12);
  const auto num_tensors = static_cast<int64_t>(file.contents().tensors.size());
  RPP_CHECK(num_layers <= num_tensors, "{}: config.json asks for {} layers, the file has {} tensors",
            file.path(), num_layers, num_tensors);
  RPP_CHECK(hidden % heads == 0, "{}: config.json: hidden_size {} is no multiple of num_attention_heads {}",
            file.path(), hidden, heads);
  std::vector<LayerShape> layers = config.layer_sizes();
  if (layers.empty()) {
    layers.assign(static_cast<size_t>(num_layers),
                  {.num_heads = heads,
                   .query_key_dim = hidden / heads,
                   .value_dim = hidden / heads,
                   .intermediate_size = config.size("intermediate_size", 3072)});
  }
  RPP_CHECK(static_cast<int64_t>(layers.size()) == num_layers,
            "{}: config.json: layer_sizes has {} entries for {} layers", file.path(), layers.size(),
            num_layers);
  for (auto& layer : layers) layer.score_scale = 1.0F / std::sqrt(static_cast<float>(hidden / heads));
  return layers;
}

}  // namespace

Architecture read_architecture(const ModelFile& file) {
  const Config config(file);
  const int64_t hidden = config.size("hidden_size", 768);
  return {.sizes = {.vocab = config.size("vocab_size", 30522),
                    .hidden = hidden,
                    .positions = config.size("max_position_embeddings", 512),
                    .token_types = config.size("type_vocab_size", 2),
                    .layers = read_layers(config, file, hidden)},
          .layer_norm_eps = config.epsilon()};
}

}  // namespace rpp
