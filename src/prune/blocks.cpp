#include "blocks.h"

#include "ops/torch.h"

namespace rpp {

torch::Tensor block_norms(const torch::Tensor& values, int64_t block) {
  if (block == 1) return values.abs();
  return values.view({-1, block}).square().mean(1).sqrt_();
}

torch::Tensor block_means(const torch::Tensor& values, int64_t block) {
  return block == 1 ? values : values.view({-1, block}).mean(1);
}

torch::Tensor kept_blocks(const torch::Tensor& keep, int64_t block) {
  return block == 1 ? keep : std::get<0>(keep.view({-1, block}).max(1));
}

torch::Tensor to_entries(const torch::Tensor& of_blocks, int64_t block) {
  return block == 1 ? of_blocks : of_blocks.repeat_interleave(block);
}

}  // namespace rpp
