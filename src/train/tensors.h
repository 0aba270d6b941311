// Torch tensors to and from safetensors files, and packed batches as the model's inputs.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/batch.h"
#include "model/bert.h"

namespace rpp {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

// Writes the tensors in the given order, from any device, atomically. Throws Error naming a tensor with an
// unsupported dtype.
void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

// Copies of every tensor of the file, on the CPU. Throws Error as SafetensorsFile does.
std::map<std::string, torch::Tensor> load_tensors(const std::filesystem::path& path);

// The model's inputs for a batch, on the model's device: ids int64 [tokens].
BertInputs bert_inputs(const PackedBatch& batch, torch::Device device);

// Asynchronous copies to the device: int64, fp32, and int64 bit for bit.
torch::Tensor index_tensor(const std::vector<int32_t>& values, torch::Device device);
torch::Tensor float_tensor(const std::vector<float>& values, torch::Device device);
torch::Tensor seed_tensor(const std::vector<uint64_t>& values, torch::Device device);

// Appends all values of an fp32 tensor on the CPU.
void append(const torch::Tensor& tensor, std::vector<float>& values);

// Throws Error naming the first row of `logits` [rows, n] with a non-finite value, as number first_row + row
// of `what` ("example", "window").
void check_finite_rows(const torch::Tensor& logits, int64_t first_row, std::string_view what);

// The values of these scalars in their order, with one GPU synchronisation.
std::vector<std::pair<std::string, double>> values_of(const NamedTensors& scalars);

}  // namespace rpp
