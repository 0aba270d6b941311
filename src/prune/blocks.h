// Blocks of neighbouring inputs of an output, which are pruned together (prune.block). Blocks of 1 are single
// weights.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace rpp {

// fp32 [n / block]: the root of the mean square of each block of values [n], which stands for |w|.
torch::Tensor block_norms(const torch::Tensor& values, int64_t block);

// [n / block]: the mean of each block.
torch::Tensor block_means(const torch::Tensor& values, int64_t block);

// u8 [n / block]: 1 for blocks with a kept entry. keep: u8 [n].
torch::Tensor kept_blocks(const torch::Tensor& keep, int64_t block);

// [n]: every entry has the value of its block.
torch::Tensor to_entries(const torch::Tensor& of_blocks, int64_t block);

}  // namespace rpp
