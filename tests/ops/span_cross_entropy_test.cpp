#include "ops/span_cross_entropy.h"

#include <gtest/gtest.h>
#include <torch/nn/utils/rnn.h>

#include <vector>

#include "ops/torch.h"

namespace rpp {
namespace {

const std::vector<int32_t> kBounds = {0, 5, 6, 13};

SequenceLayout layout() {
  return {.host_cu_seqlens = kBounds, .cu_seqlens = torch::tensor(kBounds, torch::kInt32), .max_seqlen = 7};
}

// Pads each sequence to the longest with minus infinity, then uses Torch's cross entropy.
torch::Tensor padded_loss(const torch::Tensor& logits, const torch::Tensor& starts,
                          const torch::Tensor& ends) {
  std::vector<torch::Tensor> rows;
  for (size_t s = 0; s + 1 < kBounds.size(); ++s) rows.push_back(logits.slice(0, kBounds[s], kBounds[s + 1]));
  const auto padded =
      torch::nn::utils::rnn::pad_sequence(rows, /*batch_first=*/true, -INFINITY);  // [3, 7, 2]
  const auto loss = [&](int64_t column, const torch::Tensor& labels) {
    return torch::cross_entropy_loss(padded.select(2, column), labels, {}, at::Reduction::Sum);
  };
  return (loss(0, starts) + loss(1, ends)) / 2;
}

struct Batch {
  torch::Tensor logits = torch::randn({13, 2}, torch::kFloat32) * 3;
  torch::Tensor starts = torch::tensor({0, 0, 2}, torch::kInt64);
  torch::Tensor ends = torch::tensor({4, 0, 6}, torch::kInt64);
};

TEST(SpanCrossEntropy, LossAndGradientEqualThoseOfAPaddedBatch) {
  torch::manual_seed(3);
  const Batch batch;
  const auto packed = batch.logits.clone().requires_grad_(true);
  const auto padded = batch.logits.clone().requires_grad_(true);
  const auto loss = span_cross_entropy(packed, layout(), batch.starts, batch.ends).loss_sum;
  const auto wanted = padded_loss(padded, batch.starts, batch.ends);
  EXPECT_NEAR(loss.item<float>(), wanted.item<float>(), 1e-5);
  loss.backward();
  wanted.backward();
  EXPECT_LT((packed.grad() - padded.grad()).abs().max().item<float>(), 1e-6);
}

// By definition: (1 - e) * -log p[label] + e / n * the sum over the sequence's n tokens of -log p.
double smoothed_by_hand(const Batch& batch, double smoothing) {
  double sum = 0;
  for (int64_t s = 0; s + 1 < static_cast<int64_t>(kBounds.size()); ++s) {
    const auto log_p = torch::log_softmax(batch.logits.slice(0, kBounds[s], kBounds[s + 1]), 0);  // [n, 2]
    const auto start = batch.starts[s].item<int64_t>(), end = batch.ends[s].item<int64_t>();
    sum -= (1 - smoothing) * (log_p[start][0] + log_p[end][1]).item<double>();
    sum -= smoothing / static_cast<double>(log_p.size(0)) * log_p.sum().item<double>();
  }
  return sum / 2;
}

TEST(SpanCrossEntropy, LabelSmoothingSpreadsOverTheTokensOfTheSequence) {
  torch::manual_seed(4);
  const Batch batch;
  for (const double smoothing : {0.1, 0.5}) {
    const auto result = span_cross_entropy(batch.logits, layout(), batch.starts, batch.ends, smoothing);
    EXPECT_NEAR(result.loss_sum.item<double>(), smoothed_by_hand(batch, smoothing), 1e-5);
  }
  auto logits = batch.logits.clone().requires_grad_(true);
  span_cross_entropy(logits, layout(), batch.starts, batch.ends, 0.1).loss_sum.backward();
  // Half of p - target in each column; the first sequence of five tokens starts at 0.
  const auto p = torch::softmax(batch.logits.slice(0, 0, 5), 0);
  EXPECT_NEAR(logits.grad()[0][0].item<double>(), (p[0][0].item<double>() - 0.9 - 0.1 / 5) / 2, 1e-6);
  EXPECT_NEAR(logits.grad()[3][0].item<double>(), (p[3][0].item<double>() - 0.1 / 5) / 2, 1e-6);
}

TEST(SpanRows, ContainTheSoftmaxOfEachSequence) {
  torch::manual_seed(5);
  const Batch batch;
  const auto rows = torch::softmax(span_rows(batch.logits, layout()), 1);
  ASSERT_EQ(rows.sizes(), (std::vector<int64_t>{6, 7}));
  for (int64_t s = 0; s < 3; ++s) {
    const int64_t length = kBounds[static_cast<size_t>(s) + 1] - kBounds[static_cast<size_t>(s)];
    const auto wanted = torch::softmax(batch.logits.narrow(0, kBounds[static_cast<size_t>(s)], length), 0);
    for (int64_t column = 0; column < 2; ++column) {
      const auto row = rows[2 * s + column];
      EXPECT_TRUE(row.slice(0, 0, length).allclose(wanted.select(1, column)));
      EXPECT_EQ(row.slice(0, length).count_nonzero().item<int64_t>(), 0);
    }
  }
}

TEST(SpanCrossEntropy, LogitsFarApartInDifferentSequencesStayFinite) {
  Batch batch;
  batch.logits.slice(0, 0, 5).add_(500);
  const auto loss = span_cross_entropy(batch.logits, layout(), batch.starts, batch.ends).loss_sum;
  EXPECT_NEAR(loss.item<float>(), padded_loss(batch.logits, batch.starts, batch.ends).item<float>(), 1e-3);
}

TEST(SpanCrossEntropy, ASequenceIsCorrectWhenStartAndEndAre) {
  Batch batch;
  batch.logits.zero_();
  batch.logits[0][0] = 1;  // sequence 0 starts at 0 and ends at 4
  batch.logits[4][1] = 1;
  batch.logits[8][0] = 1;  // sequence 2 starts at 2, but the prediction ends at 3
  batch.logits[9][1] = 1;
  const auto result = span_cross_entropy(batch.logits, layout(), batch.starts, batch.ends);
  EXPECT_EQ(result.num_correct.item<int64_t>(), 2);  // a single token is always correct
}

TEST(SpanCrossEntropy, Bf16LogitsAreComputedInFp32) {
  const Batch batch;
  const auto rounded = batch.logits.to(torch::kBFloat16);
  const auto loss = span_cross_entropy(rounded, layout(), batch.starts, batch.ends).loss_sum;
  EXPECT_EQ(loss.scalar_type(), torch::kFloat32);
  EXPECT_NEAR(loss.item<float>(),
              padded_loss(rounded.to(torch::kFloat32), batch.starts, batch.ends).item<float>(), 1e-5);
}

}  // namespace
}  // namespace rpp
