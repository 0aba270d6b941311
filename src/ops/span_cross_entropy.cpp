#include "ops/span_cross_entropy.h"
#include "ops/torch.h"

#include <limits>

namespace rpp {
namespace {

// Finite, as minus infinity minus minus infinity is NaN.
constexpr double kNoToken = -1e9;

// The sequence of each of `tokens`: [tokens]. Passing the count avoids a GPU synchronisation.
torch::Tensor sequence_of_tokens(const torch::Tensor& lengths, int64_t tokens) {
  return at::repeat_interleave(lengths, std::optional(tokens));
}

}  // namespace

SpanCrossEntropy span_cross_entropy(const torch::Tensor& logits, const SequenceLayout& layout,
                                    const torch::Tensor& starts, const torch::Tensor& ends,
                                    double label_smoothing) {
  const auto values = logits.to(torch::kFloat32);           // [tokens, 2]
  const auto bounds = layout.cu_seqlens.to(torch::kInt64);  // [sequences + 1]
  const auto lengths = bounds.diff();                       // [sequences]
  const auto sequence = sequence_of_tokens(lengths, values.size(0));
  const auto shape = {layout.num_sequences(), int64_t{2}};

  const auto largest = torch::full(shape, -std::numeric_limits<float>::infinity(), values.options())
                           .scatter_reduce(0, sequence.unsqueeze(1).expand({-1, 2}), values.detach(), "amax");
  const auto exps = (values - largest.index_select(0, sequence)).exp();
  const auto sums = torch::zeros(shape, values.options()).index_add(0, sequence, exps);
  const auto log_sum_exp = sums.log() + largest;  // [sequences, 2]

  const auto labels = torch::stack({starts, ends}, 1) + bounds.slice(0, 0, -1).unsqueeze(1);
  const auto of_labels = values.gather(0, labels);  // [sequences, 2]
  auto of_targets = of_labels;
  if (label_smoothing > 0) {
    const auto means =
        torch::zeros(shape, values.options()).index_add(0, sequence, values) / lengths.unsqueeze(1);
    of_targets = (1 - label_smoothing) * of_labels + label_smoothing * means;
  }
  return {.loss_sum = (log_sum_exp - of_targets).sum() / 2,
          .num_correct = of_labels.detach().eq(largest).all(1).sum()};
}

torch::Tensor span_rows(const torch::Tensor& logits, const SequenceLayout& layout) {
  const auto values = logits.to(torch::kFloat32);           // [tokens, 2]
  const auto bounds = layout.cu_seqlens.to(torch::kInt64);  // [sequences + 1]
  const auto sequence = sequence_of_tokens(bounds.diff(), values.size(0));
  const auto place = torch::arange(values.size(0), bounds.options()) - bounds.index_select(0, sequence);
  const auto padded = torch::full({layout.num_sequences(), layout.max_seqlen, 2}, kNoToken, values.options())
                          .index_put({sequence, place}, values);
  return padded.transpose(1, 2).flatten(0, 1);
}

}  // namespace rpp
