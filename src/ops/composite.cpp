#include "ops/composite.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <limits>

#include "core/ignored_label.h"
#include "ops/torch.h"

namespace rpp::composite {
namespace {

at::Generator seeded_generator(const torch::Device& device, uint64_t seed) {
  auto generator =
      device.is_cpu()
          ? at::detail::createCPUGenerator()
          : at::globalContext().getAcceleratorHooksInterface(device.type()).getNewGenerator(device.index());
  generator.set_current_seed(seed);
  return generator;
}

// The positions of tokens in a [sequences, max_seqlen] grid, and the inverse.
struct Grid {
  torch::Tensor token_of_slot;  // [sequences * max_seqlen]; any token for an empty slot
  torch::Tensor is_padding;     // [sequences, 1, 1, max_seqlen]
  torch::Tensor slot_of_token;  // [tokens]
};

Grid grid_of(const SequenceLayout& layout, int64_t tokens) {
  const auto starts = layout.cu_seqlens.slice(0, 0, -1).to(torch::kInt64);  // [sequences]
  const auto ends = layout.cu_seqlens.slice(0, 1).to(torch::kInt64);
  const auto options = starts.options();
  const auto slots =
      starts.unsqueeze(1) + torch::arange(layout.max_seqlen, options);  // [sequences, max_seqlen]
  const auto positions = torch::arange(tokens, options);
  const auto sequence = at::bucketize(positions, ends, /*out_int32=*/false, /*right=*/true);  // [tokens]
  return {.token_of_slot = slots.clamp_max(tokens - 1).flatten(),
          .is_padding = (slots >= ends.unsqueeze(1)).unsqueeze(1).unsqueeze(1),
          .slot_of_token = sequence * layout.max_seqlen + positions - starts.index_select(0, sequence)};
}

}  // namespace

torch::Tensor dropout(const torch::Tensor& x, double rate, const DropoutSeed& seed) {
  if (rate == 0.0) return x;
  auto mask = torch::empty(x.sizes(), x.options().requires_grad(false));
  mask.bernoulli_(1.0 - rate, seeded_generator(x.device(), seed.on_host()));
  return x * mask.mul_(1.0 / (1.0 - rate));
}

torch::Tensor embedding(const torch::Tensor& input_ids, const torch::Tensor& token_type_ids,
                        const torch::Tensor& position_ids, const torch::Tensor& word_table,
                        const torch::Tensor& position_table, const torch::Tensor& token_type_table) {
  return torch::embedding(word_table, input_ids) + torch::embedding(position_table, position_ids) +
         torch::embedding(token_type_table, token_type_ids);
}

torch::Tensor gelu(const torch::Tensor& x) {
  return at::gelu(x, "none");
}

torch::Tensor layer_norm(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                         double epsilon) {
  return at::layer_norm(x.to(torch::kFloat32), {x.size(-1)}, weight, bias, epsilon).to(x.scalar_type());
}

torch::Tensor attention(const torch::Tensor& qkv, const SequenceLayout& layout, const AttentionHeads& heads,
                        double dropout_rate, const DropoutSeed& dropout_seed, const torch::Tensor& bias) {
  const auto grid = grid_of(layout, qkv.size(0));
  const auto padded = qkv.index_select(0, grid.token_of_slot)
                          .view({layout.num_sequences(), layout.max_seqlen, heads.qkv_size()});
  const auto head_by_head = [&](int64_t first, int64_t dim) {
    return padded.narrow(2, first, heads.num_heads * dim)
        .unflatten(2, {heads.num_heads, dim})
        .transpose(1, 2);  // [sequences, heads, max_seqlen, dim]
  };
  const auto query = head_by_head(0, heads.query_key_dim);
  const auto key = head_by_head(heads.query_size(), heads.query_key_dim);
  const auto value = head_by_head(2 * heads.query_size(), heads.value_dim);
  auto scores = torch::matmul(query, key.transpose(-2, -1)).to(torch::kFloat32) *
                heads.scale;  // [sequences, heads, max_seqlen, max_seqlen]
  if (bias.defined()) scores = scores + bias;
  const auto masked = scores.masked_fill(grid.is_padding, -std::numeric_limits<float>::infinity());
  const auto probs = dropout(torch::softmax(masked, -1), dropout_rate, dropout_seed).to(qkv.scalar_type());
  return torch::matmul(probs, value)
      .transpose(1, 2)
      .reshape({-1, heads.context_size()})
      .index_select(0, grid.slot_of_token);
}

CrossEntropy cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels) {
  const auto wide = logits.to(torch::kFloat32);
  return {.loss_sum = at::cross_entropy_loss(wide, labels, /*weight=*/{}, at::Reduction::Sum, kIgnoredLabel),
          .num_correct = (wide.detach().argmax(-1) == labels).sum()};
}

}  // namespace rpp::composite
