#include "model/heads_of.h"

#include "io/safetensors.h"

namespace rpp {

HeadSpec heads_of(const std::filesystem::path& model_dir) {
  const auto path = model_dir / "model.safetensors";
  if (!std::filesystem::exists(path)) return {};
  const SafetensorsFile file(path);
  HeadSpec heads{.pooler = false};
  for (const TensorView& tensor : file.tensors()) {
    if (tensor.name.ends_with("pooler.dense.weight")) heads.pooler = true;
    if (tensor.name == "qa_outputs.weight") heads.span = true;
  }
  if (!heads.pooler) return heads;
  for (const TensorView& tensor : file.tensors()) {
    if (tensor.name.starts_with("cls.")) heads.pretraining = true;
    if (tensor.name == "classifier.weight" && !tensor.shape.empty()) heads.num_labels = tensor.shape[0];
  }
  return heads;
}

}  // namespace rpp
