#include "bert_format/description.h"

#include "bert_format/model_files.h"
#include "bert_format/model_path.h"
#include "bert_format/weight_files.h"
#include "core/atomic_file.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// The file that a message should name.
fs::path weights_file(const fs::path& model) {
  return fs::is_directory(model) ? find_weights(model).value_or(model / kWeightsFile) : model;
}

// As a floating-point number: the product of damaged sizes is unbounded.
double count_weights(const ModelConfig& config) {
  const auto hidden = static_cast<double>(config.hidden_size);
  const auto columns = static_cast<double>(embedding_dim(config));  // of the embedding tables
  const auto rows = static_cast<double>(config.vocab_size) +
                    static_cast<double>(config.max_position_embeddings) +
                    static_cast<double>(config.type_vocab_size);
  double width = 0;  // of all encoder matrices, whose other dimension is hidden_size
  const auto add_layer = [&](const LayerSizes& layer, double count) {
    const auto heads = static_cast<double>(layer.num_attention_heads);
    const double of_a_head = static_cast<double>(layer.query_key_dim) + static_cast<double>(layer.value_dim);
    width += count * 2 * (heads * of_a_head + static_cast<double>(layer.intermediate_size));
  };
  if (config.layer_sizes.empty())
    add_layer(sizes_of_layer(config, 0), static_cast<double>(config.num_hidden_layers));
  for (const LayerSizes& layer : config.layer_sizes) add_layer(layer, 1);
  return columns * rows + hidden * width;
}

// Checked before memory is allocated for a model that its file cannot fill.
void check_size(const ModelConfig& config, const fs::path& config_file, const fs::path& weights) {
  constexpr double kSmallestBytes = 2;  // per stored weight
  const double num_weights = count_weights(config);
  const auto bytes = weights_bytes(weights);
  RPP_CHECK(
      kSmallestBytes * num_weights <= static_cast<double>(bytes),
      "{} describes a model of {:.0f} weights, {} has {} bytes, too few for them: is config.json of another "
      "model, or one of the two damaged?",
      config_file, num_weights, weights, bytes);
}

}  // namespace

ModelDescription::ModelDescription(const ModelFile& file)
    : config_(
          model_config_from_json(file.file(kConfigFile), fmt::format("{}: {}", file.path(), kConfigFile))),
      head_(read_architecture(file).head),
      tensors_(weights_file(file.path()), file.contents().tensors) {
  const auto num_tensors = static_cast<int64_t>(file.contents().tensors.size());
  RPP_CHECK(config_.num_hidden_layers <= num_tensors,
            "{}: config.json asks for {} layers, the file has {} tensors", file.path(),
            config_.num_hidden_layers, num_tensors);
}

ModelConfig read_model_config(const fs::path& model_dir) {
  require_model_directory(model_dir);
  const auto path = model_dir / kConfigFile;
  const ModelConfig config = model_config_from_json(read_file(path), path.string());
  if (const auto weights = find_weights(model_dir)) check_size(config, path, *weights);
  return config;
}

}  // namespace rpp
