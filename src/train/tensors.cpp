#include "train/tensors.h"

#include <cmath>
#include <cstring>

#include "io/safetensors.h"
#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp {
namespace {

struct DtypePair {
  torch::ScalarType torch_type;
  Dtype file_type;
};

constexpr DtypePair kDtypes[] = {{torch::kFloat64, Dtype::f64}, {torch::kFloat32, Dtype::f32},
                                 {torch::kFloat16, Dtype::f16}, {torch::kBFloat16, Dtype::bf16},
                                 {torch::kInt64, Dtype::i64},   {torch::kInt32, Dtype::i32},
                                 {torch::kInt16, Dtype::i16},   {torch::kInt8, Dtype::i8},
                                 {torch::kUInt8, Dtype::u8},    {torch::kBool, Dtype::boolean}};

Dtype file_dtype(const std::string& name, torch::ScalarType type) {
  for (const auto& pair : kDtypes) {
    if (pair.torch_type == type) return pair.file_type;
  }
  fail("tensor '{}' is {}, which a safetensors file cannot hold", name, torch::toString(type));
}

torch::ScalarType torch_dtype(Dtype dtype) {
  for (const auto& pair : kDtypes) {
    if (pair.file_type == dtype) return pair.torch_type;
  }
  fail("a safetensors dtype without a counterpart in Torch");
}

TensorView view_of(const std::string& name, const torch::Tensor& tensor) {
  TensorView view;
  view.name = name;
  view.dtype = file_dtype(name, tensor.scalar_type());
  view.shape = tensor.sizes().vec();
  view.data = {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
  return view;
}

// From pinned memory, so that the copy is asynchronous for host and GPU.
template <typename T, typename Value>
torch::Tensor copy_to(const std::vector<Value>& values, torch::ScalarType type, torch::Device device) {
  const auto options = torch::dtype(type).pinned_memory(device.is_cuda());
  auto tensor = torch::empty({static_cast<int64_t>(values.size())}, options);
  std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<T>());
  return tensor.to(device, /*non_blocking=*/true);
}

}  // namespace

void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata) {
  std::vector<torch::Tensor> on_cpu;  // owns the memory that the views refer to
  std::vector<TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    on_cpu.push_back(tensor.detach().to(torch::kCPU).contiguous());
    views.push_back(view_of(name, on_cpu.back()));
  }
  save_safetensors(path, views, metadata);
}

std::map<std::string, torch::Tensor> load_tensors(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  std::map<std::string, torch::Tensor> tensors;
  for (const auto& view : file.tensors()) {
    auto tensor = torch::empty(view.shape, torch_dtype(view.dtype));
    if (!view.data.empty()) std::memcpy(tensor.mutable_data_ptr(), view.data.data(), view.data.size());
    tensors.emplace(view.name, std::move(tensor));
  }
  return tensors;
}

torch::Tensor index_tensor(const std::vector<int32_t>& values, torch::Device device) {
  return copy_to<int64_t>(values, torch::kInt64, device);
}

torch::Tensor float_tensor(const std::vector<float>& values, torch::Device device) {
  return copy_to<float>(values, torch::kFloat32, device);
}

torch::Tensor seed_tensor(const std::vector<uint64_t>& values, torch::Device device) {
  return copy_to<int64_t>(values, torch::kInt64, device);
}

void check_finite_rows(const torch::Tensor& logits, int64_t first_row, std::string_view what) {
  const auto bad = logits.isfinite().logical_not();
  if (!bad.any().item<bool>()) return;
  const auto place = bad.nonzero()[0];  // [2]
  const auto row = place[0].item<int64_t>(), col = place[1].item<int64_t>();
  const auto value = logits[row][col].item<double>();
  fail(
      "the logits of {} {} are not finite ({}): the model's weights are too large or the training has "
      "diverged; "
      "take an earlier checkpoint or lower optimizer.learning_rate",
      what, first_row + row, std::isnan(value) ? std::abs(value) : value);
}

void append(const torch::Tensor& tensor, std::vector<float>& values) {
  const auto whole = tensor.contiguous();
  values.insert(values.end(), whole.const_data_ptr<float>(), whole.const_data_ptr<float>() + whole.numel());
}

std::vector<std::pair<std::string, double>> values_of(const NamedTensors& scalars) {
  if (scalars.empty()) return {};  // a rank without samples
  std::vector<torch::Tensor> tensors;
  for (const auto& [name, tensor] : scalars) tensors.push_back(tensor);
  const auto on_host = torch::stack(tensors).to(torch::kCPU, torch::kFloat64);
  std::vector<std::pair<std::string, double>> values;
  for (size_t i = 0; i < scalars.size(); ++i) {
    values.emplace_back(scalars[i].first, on_host.const_data_ptr<double>()[i]);
  }
  return values;
}

BertInputs bert_inputs(const PackedBatch& batch, torch::Device device) {
  SequenceLayout layout;
  layout.host_cu_seqlens = batch.cu_seqlens;
  layout.cu_seqlens = copy_to<int32_t>(batch.cu_seqlens, torch::kInt32, device);  // [sequences + 1]
  for (int64_t s = 0; s < batch.num_sequences(); ++s) {
    layout.max_seqlen = std::max<int64_t>(layout.max_seqlen, batch.cu_seqlens[s + 1] - batch.cu_seqlens[s]);
  }
  return {.input_ids = index_tensor(batch.input_ids, device),
          .token_type_ids = index_tensor(batch.token_type_ids, device),
          .position_ids = index_tensor(batch.position_ids, device),
          .layout = std::move(layout)};
}

}  // namespace rpp
