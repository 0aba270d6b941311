// The loss of a classification: cross entropy with the options that small and unbalanced tasks ask for.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace rpp {

struct ClassLossOptions {
  double label_smoothing = 0.0;  // share of the target that is spread over all classes (arXiv:1512.00567)
  std::vector<double> weights;   // [classes]; empty: every class counts 1
};

// Reads "label=weight" entries; labels without one count 1. Throws UsageError for an entry that does not read
// so, a weight below 0, a label named twice or none of the task's.
std::vector<double> parse_class_weights(const std::vector<std::string>& entries,
                                        const std::vector<std::string>& label_names);

struct ClassLoss {
  torch::Tensor sum;          // fp32 scalar with gradient: over the rows, each with its class's weight
  torch::Tensor num_correct;  // int64 scalar
};

// logits [rows, classes] fp32 or bf16, labels [rows] int64. As torch.nn.CrossEntropyLoss with reduction
// "sum": a run divides it by the number of rows, not by the sum of their weights, so that micro-batches add
// up.
ClassLoss class_loss(const torch::Tensor& logits, const torch::Tensor& labels,
                     const ClassLossOptions& options);

}  // namespace rpp
