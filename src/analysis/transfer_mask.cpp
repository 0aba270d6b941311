#include "analysis/transfer_mask.h"

#include <algorithm>
#include <map>

#include "analysis/model_zeros.h"
#include "bert_format/model_files.h"
#include "bert_format/tensor_names.h"
#include "bert_format/weight_files.h"
#include "core/atomic_file.h"
#include "io/safetensors.h"
#include "plan/mask_file.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// The bytes of a matrix, zero where the mask prunes: zero in every floating-point type.
std::vector<std::byte> masked(const TensorView& view, std::span<const uint8_t> keep) {
  std::vector<std::byte> bytes(view.data.begin(), view.data.end());
  const auto width = static_cast<size_t>(dtype_size(view.dtype));
  for (size_t i = 0; i < keep.size(); ++i) {
    if (keep[i] == 0) std::fill_n(bytes.begin() + static_cast<int64_t>(i * width), width, std::byte{0});
  }
  return bytes;
}

// Types, order and names of the tensors stay as in the file.
void write_masked_weights(const ModelZeros& model, std::span<const uint8_t> mask, const fs::path& output) {
  const SafetensorsSet file = open_weights(model.directory);
  std::map<std::string, const FlatMatrix*> matrices;
  for (const FlatMatrix& matrix : model.matrices) matrices[matrix.name] = &matrix;
  std::vector<TensorView> views = file.tensors();
  std::map<std::string, std::vector<std::byte>> changed;  // owns the bytes of views
  for (TensorView& view : views) {
    const auto found = matrices.find(canonical_name(view.name));
    if (found == matrices.end()) continue;
    view.data = changed[view.name] = masked(view, entries_of(mask, *found->second));
  }
  auto metadata = file.metadata();
  metadata["prune_method"] = "transfer";
  metadata["mask_sha256"] = mask_sha256(model.matrices, mask);
  metadata["prune_ratio"] = fmt::format("{:.6f}", prune_ratio(mask));
  save_safetensors(output / kWeightsFile, views, metadata);
}

}  // namespace

SparsityReport transfer_mask(const fs::path& model_dir, const fs::path& mask_source, const fs::path& output) {
  RPP_CHECK(!fs::exists(output), "{} exists already: name a new directory with --output", output);
  const ModelZeros model = read_zeros(model_dir);
  auto mask = mask_from(mask_source, model);
  for (size_t i = 0; i < mask.size(); ++i) mask[i] &= model.nonzero[i];
  write_directory_atomically(output, [&](const fs::path& directory) {
    fs::copy_file(model_dir / kConfigFile, directory / kConfigFile);
    copy_tokenizer_files(model_dir, directory);
    write_masked_weights(model, mask, directory);
    write_mask(directory / kMaskFile, model.matrices, mask);
  });
  return sparsity_report(read_zeros(output));
}

}  // namespace rpp
