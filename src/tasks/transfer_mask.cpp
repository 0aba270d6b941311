#include "tasks/transfer_mask.h"
#include "bert_format/model_files.h"

#include <fmt/format.h>

#include "bert_format/model_files.h"
#include "core/atomic_file.h"
#include "io/safetensors.h"
#include "ops/torch.h"
#include "prune/mask_file.h"
#include "rpp/error.h"
#include "tasks/inspect.h"
#include "train/tensors.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// Keeps the form of the file: dtype, order and names, with or without "bert.".
void write_masked_weights(const OpenModel& model, const torch::Tensor& mask, const fs::path& output) {
  const SafetensorsFile file(model.directory / kWeightsFile);
  auto tensors = load_tensors(file.path());
  const torch::NoGradGuard no_grad;
  for (const auto& matrix : model.params->matrices()) {
    const bool has_prefix = tensors.contains(matrix.name);
    auto& tensor = tensors.at(has_prefix ? matrix.name : matrix.name.substr(std::string("bert.").size()));
    const auto keep = mask.narrow(0, matrix.offset, matrix.rows * matrix.cols).view(tensor.sizes());
    tensor.masked_fill_(keep.eq(0), 0);
  }
  auto metadata = file.metadata();
  metadata["prune_method"] = "transfer";
  metadata["mask_sha256"] = mask_sha256(model.params->matrices(), mask);
  metadata["prune_ratio"] = fmt::format("{:.6f}", mask.eq(0).to(torch::kFloat64).mean().item<double>());
  NamedTensors in_order;
  for (const auto& view : file.tensors()) in_order.emplace_back(view.name, tensors.at(view.name));
  save_tensors(output / kWeightsFile, in_order, metadata);
}

}  // namespace

SparsityReport transfer_mask(const fs::path& model_dir, const fs::path& mask_source, const fs::path& output) {
  RPP_CHECK(!fs::exists(output), "{} exists already: name a new directory with --output", output);
  const auto model = open_model(model_dir);
  const auto mask = mask_from(mask_source, model).mul(nonzero_mask(model));
  write_directory_atomically(output, [&](const fs::path& directory) {
    fs::copy_file(model_dir / kConfigFile, directory / kConfigFile);
    copy_tokenizer_files(model_dir, directory);
    write_masked_weights(model, mask, directory);
    save_mask(directory / "mask.safetensors", model.params->matrices(), mask);
  });
  const auto written = open_model(output);
  return sparsity_report(*written.params, written.num_parameters);
}

}  // namespace rpp
