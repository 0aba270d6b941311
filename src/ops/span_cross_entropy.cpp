#include "rpp/ops/span_cross_entropy.h"

#include <torch/torch.h>

#include <limits>

namespace rpp {

SpanCrossEntropy span_cross_entropy(const torch::Tensor& logits, const SequenceLayout& layout,
                                    const torch::Tensor& starts, const torch::Tensor& ends) {
  const auto values = logits.to(torch::kFloat32);                 // [tokens, 2]
  const auto bounds = layout.cu_seqlens.to(torch::kInt64);        // [sequences + 1]
  const auto sequence = torch::repeat_interleave(bounds.diff());  // [tokens]: which one a token belongs to
  const auto shape = {layout.num_sequences(), int64_t{2}};

  const auto largest = torch::full(shape, -std::numeric_limits<float>::infinity(), values.options())
                           .scatter_reduce(0, sequence.unsqueeze(1).expand({-1, 2}), values.detach(), "amax");
  const auto exps = (values - largest.index_select(0, sequence)).exp();
  const auto sums = torch::zeros(shape, values.options()).index_add(0, sequence, exps);
  const auto log_sum_exp = sums.log() + largest;  // [sequences, 2]

  const auto labels = torch::stack({starts, ends}, 1) + bounds.slice(0, 0, -1).unsqueeze(1);
  const auto of_labels = values.gather(0, labels);  // [sequences, 2]
  return {.loss_sum = (log_sum_exp - of_labels).sum() / 2,
          .num_correct = of_labels.detach().eq(largest).all(1).sum()};
}

}  // namespace rpp
