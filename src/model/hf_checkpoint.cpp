#include "model/hf_checkpoint.h"

#include <fmt/ranges.h>

#include <cstring>
#include <optional>
#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

#include "bert_format/model_config.h"
#include "bert_format/model_path.h"
#include "core/atomic_file.h"
#include "io/finite.h"
#include "io/safetensors.h"
#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfigFile = "config.json";
constexpr std::string_view kWeightsFile = "model.safetensors";
constexpr std::string_view kWordEmbeddings = "bert.embeddings.word_embeddings.weight";
constexpr std::string_view kDecoderWeight = "cls.predictions.decoder.weight";
constexpr std::string_view kDecoderBias = "cls.predictions.decoder.bias";
constexpr std::string_view kMlmBias = "cls.predictions.bias";

void replace_suffix(std::string& name, std::string_view from, std::string_view to) {
  if (name.ends_with(from)) name.replace(name.size() - from.size(), from.size(), to);
}

bool is_of_bare_model(std::string_view name) {
  return name.starts_with("embeddings.") || name.starts_with("encoder.") || name.starts_with("pooler.");
}

// The name that named_weights() uses, from any of those that files use.
std::string outside_name(std::string name) {
  if (is_of_bare_model(name)) name.insert(0, "bert.");
  replace_suffix(name, "LayerNorm.gamma", "LayerNorm.weight");
  replace_suffix(name, "LayerNorm.beta", "LayerNorm.bias");
  return name;
}

using ViewsByName = std::map<std::string, const TensorView*, std::less<>>;

ViewsByName views_by_name(const SafetensorsFile& file) {
  ViewsByName views;
  for (const auto& view : file.tensors()) {
    const auto [place, is_new] = views.emplace(outside_name(view.name), &view);
    RPP_CHECK(is_new, "{} holds both {} and {}, which are the same tensor: remove one", file.path(),
              place->second->name, view.name);
  }
  return views;
}

std::optional<torch::ScalarType> float_type(Dtype dtype) {
  switch (dtype) {
    case Dtype::f64:
      return torch::kFloat64;
    case Dtype::f32:
      return torch::kFloat32;
    case Dtype::f16:
      return torch::kFloat16;
    case Dtype::bf16:
      return torch::kBFloat16;
    default:
      return std::nullopt;
  }
}

std::string shape_text(c10::IntArrayRef shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

// A tensor over the mapped bytes; valid as long as the file.
torch::Tensor mapped_tensor(const fs::path& path, const TensorView& view) {
  const auto type = float_type(view.dtype);
  RPP_CHECK(type, "{}: tensor {} is {}, weights must be F64, F32, F16 or BF16", path, view.name,
            dtype_name(view.dtype));
  auto* data = const_cast<std::byte*>(view.data.data());  // only read from
  return torch::from_blob(data, view.shape, *type);
}

void copy_weight(const fs::path& path, const TensorView& view, const NamedWeight& weight) {
  RPP_CHECK(
      weight.tensor.sizes() == c10::IntArrayRef(view.shape),
      "{}: tensor {} has shape {}, the model's configuration asks for {}: is config.json of another model?",
      path, view.name, shape_text(view.shape), shape_text(weight.tensor.sizes()));
  const auto values = mapped_tensor(path, view);
  check_finite(path, view);
  weight.tensor.copy_(values);
}

bool is_required(std::string_view name) {
  return name.starts_with("bert.embeddings.") || name.starts_with("bert.encoder.");
}

// The decoder's own names, kept by older versions of transformers: fine as copies of what they are tied to.
void check_tied(const fs::path& path, const ViewsByName& views, std::string_view copy,
                std::string_view tied_to) {
  const auto copy_view = views.find(copy);
  const auto original = views.find(tied_to);
  if (copy_view == views.end() || original == views.end()) return;
  RPP_CHECK(torch::equal(mapped_tensor(path, *copy_view->second), mapped_tensor(path, *original->second)),
            "{}: {} differs from {}, but this model ties them: untied decoders are not supported", path, copy,
            tied_to);
}

bool is_passed_over(std::string_view name) {
  return name.ends_with("embeddings.position_ids") || name == kDecoderWeight || name == kDecoderBias;
}

SafetensorsFile open_weights(const fs::path& model_dir) {
  const auto path = model_dir / kWeightsFile;
  RPP_CHECK(fs::exists(path) || !fs::exists(model_dir / "pytorch_model.bin"),
            "{} is missing; {} holds pytorch_model.bin instead: convert it with transformers "
            "(from_pretrained, then save_pretrained)",
            path, model_dir);
  return SafetensorsFile(path);
}

// Some files know the masked-LM bias by the decoder's name only.
void adopt_decoder_bias(ViewsByName& views) {
  const auto decoder_bias = views.find(kDecoderBias);
  if (decoder_bias != views.end()) views.emplace(kMlmBias, decoder_bias->second);
}

std::string architecture(const HeadSpec& heads) {
  if (heads.pretraining) return "BertForPreTraining";
  if (heads.span) return "BertForQuestionAnswering";
  return heads.num_labels > 0 ? "BertForSequenceClassification" : "BertModel";
}

// transformers derives the number of labels from their names.
void add_label_names(nlohmann::ordered_json& keys, int64_t num_labels) {
  if (num_labels == 0 || keys.contains("id2label")) return;
  for (int64_t i = 0; i < num_labels; ++i) {
    const auto name = fmt::format("LABEL_{}", i);
    keys["id2label"][fmt::format("{}", i)] = name;
    keys["label2id"][name] = i;
  }
}

TensorView view_of(const std::string& name, const torch::Tensor& tensor) {
  TensorView view;
  view.name = name;
  view.shape = tensor.sizes().vec();
  view.data = {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
  return view;
}

// As a floating-point number: products of damaged sizes have no bounds.
double count_weights(const ModelConfig& config) {
  const auto hidden = static_cast<double>(config.hidden_size);
  const auto rows = static_cast<double>(config.vocab_size) +
                    static_cast<double>(config.max_position_embeddings) +
                    static_cast<double>(config.type_vocab_size);
  double width = 0;  // of all matrices of the encoder, whose other side is hidden_size
  const auto add_layer = [&](const LayerSizes& layer, double count) {
    const auto heads = static_cast<double>(layer.num_attention_heads);
    const double of_a_head = static_cast<double>(layer.query_key_dim) + static_cast<double>(layer.value_dim);
    width += count * 2 * (heads * of_a_head + static_cast<double>(layer.intermediate_size));
  };
  if (config.layer_sizes.empty())
    add_layer(sizes_of_layer(config, 0), static_cast<double>(config.num_hidden_layers));
  for (const LayerSizes& layer : config.layer_sizes) add_layer(layer, 1);
  return hidden * (rows + width);
}

// Before memory is taken for a model that its file cannot fill.
void check_size(const ModelConfig& config, const fs::path& config_file, const fs::path& weights_file) {
  constexpr double kSmallestBytes = 2;  // of a stored weight
  const double num_weights = count_weights(config);
  const auto bytes = fs::file_size(weights_file);
  RPP_CHECK(
      kSmallestBytes * num_weights <= static_cast<double>(bytes),
      "{} describes a model of {:.0f} weights, {} has {} bytes, too few for them: is config.json of another "
      "model, or one of the two damaged?",
      config_file, num_weights, weights_file, bytes);
}

}  // namespace

ModelConfig read_model_config(const fs::path& model_dir) {
  require_model_directory(model_dir);
  const auto path = model_dir / kConfigFile;
  const ModelConfig config = model_config_from_json(read_file(path), path.string());
  const auto weights = model_dir / kWeightsFile;
  if (fs::exists(weights)) check_size(config, path, weights);
  return config;
}

LoadReport load_weights(Bert& model, const fs::path& model_dir, const LoadOptions& options) {
  const torch::NoGradGuard no_grad;
  const auto file = open_weights(model_dir);
  auto views = views_by_name(file);
  check_tied(file.path(), views, kDecoderWeight, kWordEmbeddings);
  check_tied(file.path(), views, kDecoderBias, kMlmBias);
  adopt_decoder_bias(views);
  LoadReport report;
  std::set<std::string, std::less<>> used;
  for (const auto& weight : model.named_weights()) {
    if (!options.classifier && weight.name.starts_with("classifier.")) continue;
    const auto view = views.find(weight.name);
    if (view != views.end()) {
      copy_weight(file.path(), *view->second, weight);
      used.insert(weight.name);
      continue;
    }
    RPP_CHECK(!is_required(weight.name), "{} has no tensor {}, which {} asks for", file.path(), weight.name,
              kConfigFile);
    report.missing.push_back(weight.name);
  }
  for (const auto& [name, view] : views) {
    if (!used.contains(name) && !is_passed_over(name)) report.ignored.push_back(view->name);
  }
  return report;
}

void save_weights(const Bert& model, const fs::path& model_dir,
                  const std::map<std::string, std::string>& metadata,
                  const nlohmann::ordered_json& config_keys) {
  nlohmann::ordered_json keys = {{"architectures", {architecture(model.heads())}}};
  keys.update(config_keys);
  add_label_names(keys, model.heads().num_labels);
  std::vector<torch::Tensor> on_cpu;  // keeps alive what the views point into
  std::vector<TensorView> views;
  for (const auto& weight : model.named_weights()) {
    on_cpu.push_back(weight.tensor.to(torch::kCPU).contiguous());
    views.push_back(view_of(weight.name, on_cpu.back()));
  }
  std::map<std::string, std::string> header = {{"format", "pt"}};
  header.insert(metadata.begin(), metadata.end());
  save_safetensors(model_dir / kWeightsFile, views, header);
  write_file_atomically(model_dir / kConfigFile, to_json(model.config(), keys));
}

void save_weights(const Bert& model, const fs::path& model_dir,
                  const std::map<std::string, std::string>& metadata) {
  save_weights(model, model_dir, metadata, nlohmann::ordered_json::object());
}

}  // namespace rpp
