#include "tasks/class_loss.h"

#include <algorithm>

#include "core/ignored_label.h"
#include "core/named_number.h"
#include "core/nearest.h"
#include "ops/cross_entropy.h"
#include "ops/torch.h"
#include "rpp/error.h"
#include "train/tensors.h"

namespace rpp {
namespace {

NamedNumber parse_entry(const std::string& entry) {
  const auto parsed = parse_named_number(entry);
  if (!parsed || !(parsed->number >= 0)) {
    fail_usage("class_weights: '{}' must read label=weight with a weight of at least 0: \"entailment=2\"",
               entry);
  }
  return *parsed;
}

}  // namespace

std::vector<double> parse_class_weights(const std::vector<std::string>& entries,
                                        const std::vector<std::string>& label_names) {
  if (entries.empty()) return {};
  if (label_names.empty())
    fail_usage("class_weights is set, but the task is a regression: it has no classes");
  constexpr double kUnset = -1;
  std::vector<double> weights(label_names.size(), kUnset);
  for (const auto& entry : entries) {
    const auto [label, weight] = parse_entry(entry);
    const auto found = std::find(label_names.begin(), label_names.end(), label);
    if (found == label_names.end()) {
      fail_usage("class_weights: the task has no label '{}'{}", label, name_hint(label, label_names));
    }
    double& place = weights[static_cast<size_t>(found - label_names.begin())];
    if (place != kUnset) fail_usage("class_weights: label '{}' has two weights", label);
    place = weight;
  }
  std::replace(weights.begin(), weights.end(), kUnset, 1.0);
  return weights;
}

ClassLoss class_loss(const torch::Tensor& logits, const torch::Tensor& labels,
                     const ClassLossOptions& options) {
  const CrossEntropy plain = cross_entropy(logits, labels);
  if (options.label_smoothing == 0 && options.weights.empty()) {
    return {.sum = plain.loss_sum, .num_correct = plain.num_correct};
  }
  torch::Tensor weights;
  if (!options.weights.empty()) {
    weights = float_tensor({options.weights.begin(), options.weights.end()}, logits.device());  // [classes]
  }
  return {.sum = at::cross_entropy_loss(logits.to(torch::kFloat32), labels, weights, at::Reduction::Sum,
                                        kIgnoredLabel, options.label_smoothing),
          .num_correct = plain.num_correct};
}

}  // namespace rpp
