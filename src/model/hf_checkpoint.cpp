#include "model/hf_checkpoint.h"

#include <fmt/ranges.h>

#include <cstring>
#include <optional>
#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

#include "bert_format/model_config.h"
#include "bert_format/model_files.h"
#include "bert_format/model_labels.h"
#include "bert_format/model_path.h"
#include "bert_format/tensor_index.h"
#include "bert_format/weight_files.h"
#include "core/atomic_file.h"
#include "io/finite.h"
#include "io/safetensors.h"
#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

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

// A tensor over the mapped bytes; valid during the file's lifetime.
torch::Tensor mapped_tensor(const fs::path& path, const TensorView& view) {
  const auto type = float_type(view.dtype);
  RPP_CHECK(type, "{}: tensor {} is {}, weights must be F64, F32, F16 or BF16", path, view.name,
            dtype_name(view.dtype));
  auto* data = const_cast<std::byte*>(view.data.data());  // read-only use
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

TensorView view_of(const std::string& name, const torch::Tensor& tensor) {
  TensorView view;
  view.name = name;
  view.shape = tensor.sizes().vec();
  view.data = {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
  return view;
}

}  // namespace

LoadReport load_weights(Bert& model, const fs::path& model_dir, const LoadOptions& options) {
  const torch::NoGradGuard no_grad;
  const auto file = open_weights(model_dir);
  const auto tensors = index_of(file);
  if (model.heads().pretraining) check_tied(tensors);
  LoadReport report;
  std::set<std::string, std::less<>> used;
  for (const auto& weight : model.named_weights()) {
    if (!options.classifier && part_of(weight.name) == ModelPart::classifier) continue;
    const TensorView* view = is_head(weight.name) ? tensors.find(weight.name) : &tensors.at(weight.name);
    if (view == nullptr) {
      report.missing.push_back(weight.name);
      continue;
    }
    copy_weight(file.path(), *view, weight);
    used.insert(weight.name);
  }
  for (const auto& [name, view] : tensors.all()) {
    if (!used.contains(name) && !is_buffer(name) && !is_tied_decoder(name))
      report.ignored.push_back(view->name);
  }
  return report;
}

void save_weights(const Bert& model, const fs::path& model_dir,
                  const std::map<std::string, std::string>& metadata,
                  const nlohmann::ordered_json& config_keys) {
  const HeadSpec& heads = model.heads();
  nlohmann::ordered_json keys = architecture_keys({.masked_lm = heads.pretraining,
                                                   .span = heads.span,
                                                   .num_labels = heads.num_labels,
                                                   .num_token_labels = heads.num_token_labels},
                                                  model.config().family);
  keys.update(config_keys);
  std::vector<torch::Tensor> on_cpu;  // owns the memory that the views refer to
  std::vector<TensorView> views;
  const ModelFamily family = model.config().family;
  for (const auto& weight : model.named_weights()) {
    const auto name = name_in_family(weight.name, family, heads.num_labels > 0);
    if (!name) continue;
    on_cpu.push_back(weight.tensor.to(torch::kCPU).contiguous());
    views.push_back(view_of(*name, on_cpu.back()));
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
