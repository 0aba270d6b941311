// Where the zeros of a matrix are, compared with random placement. Without Torch.
//
// Layout everywhere: [out, in], row-major, as Hugging Face stores a Linear; a row is one output, a column one
// input. Papers that write x W use the transpose: their columns are the rows here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/safetensors.h"

namespace rpp {

struct ZeroCounts {
  std::string name;
  int64_t rows = 0;
  int64_t cols = 0;
  std::vector<int64_t> in_row;  // [rows] zeros of each row
  std::vector<int64_t> in_col;  // [cols] zeros of each column

  int64_t zeros() const;
  double ratio() const;
  int64_t dead_rows() const;  // rows of zeros only
  int64_t dead_cols() const;
};

// Throws Error naming the tensor when it is not a matrix of F64, F32, F16 or BF16.
ZeroCounts count_zeros(const TensorView& matrix);

// How unevenly zeros spread over the lines (rows or columns) of a matrix.
//
// If the entries of a mask are permuted at random, the counts x_i of n lines are multivariate hypergeometric:
// mean m = zeros / n, covariance v (I - J/n) with v = m (size - zeros) / (size - 1). So the sum of (x_i -
// m)^2 / v has the expectation n - 1 exactly, and approximately a chi-squared distribution with n - 1 degrees
// of freedom.
struct LineSpread {
  double deviation = 0.0;  // standard deviation of the lines' zero fractions
  double effect = 1.0;     // relative to chance, sqrt(v) / line length: 1 is chance
  double chi_squared = 0.0;
  int64_t degrees_of_freedom = 0;
  double p_value = 1.0;  // probability of a spread as large by chance; 0 below 1e-308
};

// zeros_in_line: for every row, or for every column, with line_length entries each. A matrix without zeros,
// of zeros only, or of one line has effect 1 and p-value 1.
LineSpread line_spread(std::span<const int64_t> zeros_in_line, int64_t line_length);

// The part of the spread between groups of `group_size` neighbouring lines (heads), and the part within them:
// both chi-squared values add up to that of line_spread.
struct GroupedSpread {
  LineSpread between;
  LineSpread within;
};

GroupedSpread grouped_spread(std::span<const int64_t> zeros_in_line, int64_t line_length, int64_t group_size);

// A group of dimensions, each with a line in two matrices, such as the query and key rows of a head.
struct PairedLines {
  std::span<const int64_t> zeros_a, zeros_b;  // of each dimension's line
  int64_t length_a = 0, length_b = 0;         // entries of a line
};

// Whether the two lines of a dimension are pruned together.
struct Pairing {
  std::string name;
  int64_t dimensions = 0;
  int64_t dead_a = 0, dead_b = 0;  // lines of zeros only
  int64_t dead_both = 0;
  double expected_both = 0.0;  // by chance within the groups: hypergeometric
  double dead_p_value = 1.0;   // of at least this many: Fisher's exact test, over the groups' convolution
  double correlation = 0.0;    // of the zero fractions, after subtracting each group's mean
  double correlation_p = 1.0;  // two-sided, by Fisher's z
};

Pairing pair_lines(std::string name, std::span<const PairedLines> groups);

// P(X >= x) for a chi-squared X. x >= 0, degrees_of_freedom > 0.
double chi_squared_tail(double x, double degrees_of_freedom);

// [min(a, b) + 1] P(k dimensions are in both) when a and b of `population` are drawn independently.
std::vector<double> overlap_distribution(int64_t population, int64_t a, int64_t b);

}  // namespace rpp
