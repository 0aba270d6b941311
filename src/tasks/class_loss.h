// The loss of a classification: cross entropy with options for small and unbalanced tasks.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace rpp {

struct ClassLossOptions {
  double label_smoothing = 0.0;  // probability mass spread over all classes (arXiv:1512.00567)
  std::vector<double> weights;   // [classes]; empty: all 1
};

// Reads "label=weight" entries; the default weight is 1. Throws UsageError for a malformed entry, a negative
// weight, a duplicate label or one that the task does not have.
std::vector<double> parse_class_weights(const std::vector<std::string>& entries,
                                        const std::vector<std::string>& label_names);

struct ClassLoss {
  torch::Tensor sum;          // fp32 scalar with gradient: over the rows, each with its class's weight
  torch::Tensor num_correct;  // int64 scalar
};

// logits [rows, classes] fp32 or bf16, labels [rows] int64. As torch.nn.CrossEntropyLoss with reduction
// "sum": a run divides by the number of rows, not by the sum of their weights, so that micro-batches add up.
ClassLoss class_loss(const torch::Tensor& logits, const torch::Tensor& labels,
                     const ClassLossOptions& options);

}  // namespace rpp
