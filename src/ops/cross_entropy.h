// Softmax cross entropy against class labels.
#pragma once

#include <torch/types.h>

namespace rpp {

struct CrossEntropy {
  torch::Tensor loss_sum;     // fp32 scalar with gradient: the sum over rows
  torch::Tensor num_correct;  // int64 scalar: rows whose largest logit (the first of equals) is the label's
};

// logits [n, classes], fp32 or bf16; labels [n] int64; n may be 0. Computed in fp32. Throws Error for a label
// outside [0, classes) other than kIgnoredLabel of core/ignored_label.h (on CUDA a device assertion fails
// instead).
CrossEntropy cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels);

}  // namespace rpp
