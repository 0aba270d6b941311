// The small models of tests/golden and the outputs of transformers for them (scripts/dev/make_golden.py).
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "io/safetensors.h"
#include "model/bert.h"
#include "model/hf_checkpoint.h"
#include "ops/torch.h"

namespace rpp {

inline std::filesystem::path golden_dir() {
  return std::filesystem::path(RPP_SOURCE_DIR) / "tests/golden/bert";
}

inline std::map<std::string, torch::Tensor> golden_values(
    const std::filesystem::path& directory = golden_dir()) {
  const SafetensorsFile file(directory / "golden.safetensors");
  std::map<std::string, torch::Tensor> values;
  for (const auto& view : file.tensors()) {
    const auto type = view.dtype == Dtype::i64 ? torch::kInt64 : torch::kFloat32;
    auto* data = const_cast<std::byte*>(view.data.data());
    values.emplace(view.name, torch::from_blob(data, view.shape, type).clone());
  }
  return values;
}

inline SequenceLayout layout_of(const std::vector<int32_t>& cu_seqlens) {
  SequenceLayout layout;
  layout.host_cu_seqlens = cu_seqlens;
  layout.cu_seqlens = torch::tensor(cu_seqlens, torch::kInt32);
  for (size_t s = 1; s < cu_seqlens.size(); ++s) {
    layout.max_seqlen = std::max<int64_t>(layout.max_seqlen, cu_seqlens[s] - cu_seqlens[s - 1]);
  }
  return layout;
}

inline BertInputs golden_inputs(const std::map<std::string, torch::Tensor>& golden) {
  const auto cu_seqlens = golden.at("cu_seqlens").to(torch::kInt32);
  const auto* first = cu_seqlens.const_data_ptr<int32_t>();
  return {.input_ids = golden.at("input_ids"),
          .token_type_ids = golden.at("token_type_ids"),
          .position_ids = golden.at("position_ids"),
          .layout = layout_of(std::vector<int32_t>(first, first + cu_seqlens.numel()))};
}

inline double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return a.sizes() == b.sizes() ? (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>()
                                : 1e9;
}

// The norm of the difference divided by the norm of the expected tensor.
inline double relative_difference(const torch::Tensor& got, const torch::Tensor& wanted) {
  const auto difference = (got.to(torch::kFloat64) - wanted.to(torch::kFloat64)).norm().item<double>();
  return difference / std::max(1e-12, wanted.to(torch::kFloat64).norm().item<double>());
}

}  // namespace rpp
