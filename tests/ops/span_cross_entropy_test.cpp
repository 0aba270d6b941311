#include "rpp/ops/span_cross_entropy.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <vector>

namespace rpp {
namespace {

const std::vector<int32_t> kBounds = {0, 5, 6, 13};

SequenceLayout layout() {
  return {.host_cu_seqlens = kBounds, .cu_seqlens = torch::tensor(kBounds, torch::kInt32), .max_seqlen = 7};
}

// Each sequence padded to the longest with minus infinity, then Torch's own cross entropy.
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

TEST(SpanCrossEntropy, IsThatOfAPaddedBatchWithItsGradient) {
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

TEST(SpanCrossEntropy, LogitsFarApartInDifferentSequencesStayFinite) {
  Batch batch;
  batch.logits.slice(0, 0, 5).add_(500);
  const auto loss = span_cross_entropy(batch.logits, layout(), batch.starts, batch.ends).loss_sum;
  EXPECT_NEAR(loss.item<float>(), padded_loss(batch.logits, batch.starts, batch.ends).item<float>(), 1e-3);
}

TEST(SpanCrossEntropy, ASequenceIsCorrectWhenBothEndsAre) {
  Batch batch;
  batch.logits.zero_();
  batch.logits[0][0] = 1;  // sequence 0 begins at 0 and ends at 4
  batch.logits[4][1] = 1;
  batch.logits[8][0] = 1;  // sequence 2 begins at 2, but seems to end at 3
  batch.logits[9][1] = 1;
  const auto result = span_cross_entropy(batch.logits, layout(), batch.starts, batch.ends);
  EXPECT_EQ(result.num_correct.item<int64_t>(), 2);  // a single token is always right
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
