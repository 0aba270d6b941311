// The ops as plain ATen calls: used under Kernels::reference, and for CUDA tensors in a build without CUDA
// kernels. They run on any device, so tests on a CPU compare them with the fused loops. Arguments and results
// as in the ops' own headers.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "ops/attention.h"
#include "ops/cross_entropy.h"
#include "ops/dropout_seed.h"
#include "ops/sequence_layout.h"

namespace rpp::composite {

torch::Tensor dropout(const torch::Tensor& x, double rate, const DropoutSeed& seed);
torch::Tensor embedding(const torch::Tensor& input_ids, const torch::Tensor& token_type_ids,
                        const torch::Tensor& position_ids, const torch::Tensor& word_table,
                        const torch::Tensor& position_table, const torch::Tensor& token_type_table);
torch::Tensor gelu(const torch::Tensor& x);
torch::Tensor layer_norm(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                         double epsilon);
torch::Tensor attention(const torch::Tensor& qkv, const SequenceLayout& layout, const AttentionHeads& heads,
                        double dropout_rate, const DropoutSeed& dropout_seed, const torch::Tensor& bias = {});
CrossEntropy cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels);

}  // namespace rpp::composite
