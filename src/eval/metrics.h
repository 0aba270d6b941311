// The metrics of GLUE. Definitions follow scikit-learn and scipy, which the official scripts use.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace rpp {

// Fractions in [0, 1], coefficients in [-1, 1]. Spans of equal, non-zero length; Error otherwise.
double accuracy(std::span<const int32_t> predictions, std::span<const int32_t> labels);
// F1 of one class: 2 TP / (2 TP + FP + FN); 0 if the class occurs on neither side.
double f1(std::span<const int32_t> predictions, std::span<const int32_t> labels, int32_t of_class = 1);
// The mean F1 of the classes that occur on either side.
double macro_f1(std::span<const int32_t> predictions, std::span<const int32_t> labels);
// Matthews correlation for any number of classes (Gorodkin 2004); 0 if either side is constant.
double matthews(std::span<const int32_t> predictions, std::span<const int32_t> labels);
// 0 if either side is constant (scipy returns NaN). Error for a non-finite value.
double pearson(std::span<const double> x, std::span<const double> y);
// Pearson correlation of ranks; ties share their mean rank. Error for a non-finite value.
double spearman(std::span<const double> x, std::span<const double> y);

// Classification: predictions and labels are class numbers; regression: scores. Names: accuracy, f1,
// macro_f1, matthews, pearson, spearman, and combined_score, the mean of the other requested metrics (GLUE's
// score of MRPC, QQP and STS-B). Throws Error for another name and for a non-finite value.
std::map<std::string, double> glue_metrics(std::span<const std::string> names,
                                           std::span<const double> predictions,
                                           std::span<const double> labels);

}  // namespace rpp
