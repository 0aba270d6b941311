// The sparsity of a model, per matrix and in total. Without Torch.
//
// A prune ratio is exact zeros over prunable entries (the "encoder ratio"). The whole-model ratio divides the
// same zeros by every parameter; both are always printed, labelled: 59.3 % of BERT-base's encoder is 46.0 %
// of the model.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rpp {

struct MatrixSparsity {
  std::string name;
  int64_t zeros = 0;
  int64_t size = 0;
  double ratio() const { return size == 0 ? 0.0 : static_cast<double>(zeros) / static_cast<double>(size); }
};

struct SparsityReport {
  std::vector<MatrixSparsity> matrices;
  int64_t total_parameters = 0;  // of the whole model, including embeddings and heads

  int64_t zeros() const;
  int64_t prunable() const;
  double encoder_ratio() const;      // zeros over prunable entries
  double whole_model_ratio() const;  // the same zeros over all parameters
};

struct NamedSpan {
  std::string name;
  std::span<const float> values;
};

SparsityReport sparsity_report(std::span<const NamedSpan> matrices, int64_t total_parameters);

// "encoder ratio 59.3 % (50,366,251 of 84,934,656 prunable)\nwhole-model ratio 46.0 % (...)\n"
std::string format_ratios(const SparsityReport& report);
// A row per matrix, then format_ratios.
std::string format_report(const SparsityReport& report);

}  // namespace rpp
