#include "analysis/zero_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "rpp/error.h"

namespace rpp {
namespace {

int64_t sum_of(std::span<const int64_t> values) {
  return std::accumulate(values.begin(), values.end(), int64_t{0});
}

// The bits without the sign: negative zero counts as zero.
template <typename Bits>
void count_into(std::span<const Bits> values, ZeroCounts& counts) {
  for (int64_t row = 0; row < counts.rows; ++row) {
    const Bits* line = values.data() + row * counts.cols;
    for (int64_t col = 0; col < counts.cols; ++col) {
      const int64_t is_zero = static_cast<Bits>(line[col] << 1) == 0 ? 1 : 0;
      counts.in_row[static_cast<size_t>(row)] += is_zero;
      counts.in_col[static_cast<size_t>(col)] += is_zero;
    }
  }
}

double log_choose(int64_t n, int64_t k) {
  const auto log_factorial = [](int64_t m) { return std::lgamma(static_cast<double>(m) + 1.0); };
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

// x^a e^-x / Gamma(a)
double gamma_density(double a, double x) {
  return std::exp(a * std::log(x) - x - std::lgamma(a));
}

// The regularised lower incomplete gamma function by its power series; fast for x < a + 1 (DLMF 8.11.4).
double lower_gamma_series(double a, double x) {
  double term = 1.0 / a;
  double sum = term;
  for (double n = a + 1.0; term > sum * std::numeric_limits<double>::epsilon(); n += 1.0) {
    term *= x / n;
    sum += term;
  }
  return sum * gamma_density(a, x);
}

// The regularised upper one by its continued fraction (DLMF 8.9.2), x > a + 1: the convergents A / B of
// 1 / (x+1-a - 1(1-a) / (x+3-a - 2(2-a) / (x+5-a - ...))), scaled so that B is 1.
double upper_gamma_fraction(double a, double x) {
  double previous_a = 0.0, current_a = 1.0, previous_b = 1.0, current_b = x + 1.0 - a;
  double value = current_a / current_b;
  for (double n = 1.0; n < 1e6; n += 1.0) {
    const double numerator = n * (a - n), denominator = x + 2.0 * n + 1.0 - a;
    const double next_a = (denominator * current_a + numerator * previous_a) / current_b;
    const double next_b = (denominator * current_b + numerator * previous_b) / current_b;
    previous_a = current_a / current_b, previous_b = 1.0;
    current_a = next_a, current_b = next_b;
    const double next = current_a / current_b;
    if (std::abs(next - value) <= next * std::numeric_limits<double>::epsilon()) break;
    value = next;
  }
  return value * gamma_density(a, x);
}

std::vector<double> convolve(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> sums(a.size() + b.size() - 1);
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j) sums[i + j] += a[i] * b[j];
  }
  return sums;
}

// Sums of products of the deviations from the group's means, for a correlation.
struct Comoments {
  double aa = 0.0, bb = 0.0, ab = 0.0;

  void add(const PairedLines& group) {
    const auto size = static_cast<double>(group.zeros_a.size());
    const double scale_a = 1.0 / static_cast<double>(group.length_a);
    const double scale_b = 1.0 / static_cast<double>(group.length_b);
    const double mean_a = static_cast<double>(sum_of(group.zeros_a)) / size;
    const double mean_b = static_cast<double>(sum_of(group.zeros_b)) / size;
    for (size_t i = 0; i < group.zeros_a.size(); ++i) {
      const double a = (static_cast<double>(group.zeros_a[i]) - mean_a) * scale_a;
      const double b = (static_cast<double>(group.zeros_b[i]) - mean_b) * scale_b;
      aa += a * a, bb += b * b, ab += a * b;
    }
  }
  double correlation() const { return aa > 0.0 && bb > 0.0 ? ab / std::sqrt(aa * bb) : 0.0; }
};

// A correlation within g groups is a partial correlation given g - 1 indicators: its z has the variance 1 /
// (n - (g - 1) - 3).
double correlation_p_value(double correlation, int64_t dimensions, int64_t groups) {
  const auto freedom = static_cast<double>(dimensions - groups - 2);
  if (freedom <= 0.0) return 1.0;
  const double z = std::atanh(std::clamp(correlation, -1.0, 1.0)) * std::sqrt(freedom);
  return std::erfc(std::abs(z) / std::sqrt(2.0));
}

void add_dead(const PairedLines& group, Pairing& pairing, std::vector<double>& both_by_chance) {
  int64_t dead_a = 0, dead_b = 0;
  for (size_t i = 0; i < group.zeros_a.size(); ++i) {
    const bool a = group.zeros_a[i] == group.length_a, b = group.zeros_b[i] == group.length_b;
    dead_a += a ? 1 : 0;
    dead_b += b ? 1 : 0;
    pairing.dead_both += a && b ? 1 : 0;
  }
  const auto size = static_cast<int64_t>(group.zeros_a.size());
  pairing.dimensions += size;
  pairing.dead_a += dead_a;
  pairing.dead_b += dead_b;
  pairing.expected_both +=
      static_cast<double>(dead_a) * static_cast<double>(dead_b) / static_cast<double>(size);
  both_by_chance = convolve(both_by_chance, overlap_distribution(size, dead_a, dead_b));
}

}  // namespace

int64_t ZeroCounts::zeros() const {
  return sum_of(in_row);
}

double ZeroCounts::ratio() const {
  return rows * cols == 0 ? 0.0 : static_cast<double>(zeros()) / static_cast<double>(rows * cols);
}

int64_t ZeroCounts::dead_rows() const {
  return std::count(in_row.begin(), in_row.end(), cols);
}

int64_t ZeroCounts::dead_cols() const {
  return std::count(in_col.begin(), in_col.end(), rows);
}

ZeroCounts count_zeros(const TensorView& matrix) {
  RPP_CHECK(matrix.shape.size() == 2, "tensor {} has {} dimensions, a matrix has two", matrix.name,
            matrix.shape.size());
  ZeroCounts counts{.name = matrix.name, .rows = matrix.shape[0], .cols = matrix.shape[1]};
  counts.in_row.resize(static_cast<size_t>(counts.rows));
  counts.in_col.resize(static_cast<size_t>(counts.cols));
  switch (matrix.dtype) {
    case Dtype::f64:
      count_into(matrix.as<uint64_t>(), counts);
      break;
    case Dtype::f32:
      count_into(matrix.as<uint32_t>(), counts);
      break;
    case Dtype::f16:
    case Dtype::bf16:
      count_into(matrix.as<uint16_t>(), counts);
      break;
    default:
      fail("tensor {} is {}, weights must be F64, F32, F16 or BF16", matrix.name, dtype_name(matrix.dtype));
  }
  return counts;
}

LineSpread line_spread(std::span<const int64_t> zeros_in_line, int64_t line_length) {
  const auto lines = static_cast<int64_t>(zeros_in_line.size());
  const int64_t size = lines * line_length;
  const int64_t zeros = sum_of(zeros_in_line);
  LineSpread spread{.degrees_of_freedom = std::max<int64_t>(lines - 1, 0)};
  if (lines < 2 || zeros == 0 || zeros == size) return spread;

  const double mean = static_cast<double>(zeros) / static_cast<double>(lines);
  const double chance_variance = mean * static_cast<double>(size - zeros) / static_cast<double>(size - 1);
  double squares = 0.0;
  for (const int64_t count : zeros_in_line) squares += std::pow(static_cast<double>(count) - mean, 2);

  const auto freedom = static_cast<double>(spread.degrees_of_freedom);
  spread.deviation = std::sqrt(squares / freedom) / static_cast<double>(line_length);
  spread.chi_squared = squares / chance_variance;
  spread.effect = std::sqrt(spread.chi_squared / freedom);
  spread.p_value = chi_squared_tail(spread.chi_squared, freedom);
  return spread;
}

GroupedSpread grouped_spread(std::span<const int64_t> zeros_in_line, int64_t line_length,
                             int64_t group_size) {
  std::vector<int64_t> zeros_in_group;
  for (size_t first = 0; first < zeros_in_line.size(); first += static_cast<size_t>(group_size)) {
    zeros_in_group.push_back(sum_of(zeros_in_line.subspan(first, static_cast<size_t>(group_size))));
  }
  const auto lines = line_spread(zeros_in_line, line_length);
  GroupedSpread spread{.between = line_spread(zeros_in_group, line_length * group_size)};
  auto& within = spread.within;
  within.degrees_of_freedom = lines.degrees_of_freedom - spread.between.degrees_of_freedom;
  if (lines.chi_squared == 0.0 || within.degrees_of_freedom == 0) return spread;

  const auto freedom = static_cast<double>(within.degrees_of_freedom);
  const double chance = lines.deviation / lines.effect;
  within.chi_squared = std::max(0.0, lines.chi_squared - spread.between.chi_squared);
  within.effect = std::sqrt(within.chi_squared / freedom);
  within.deviation = within.effect * chance;
  within.p_value = chi_squared_tail(within.chi_squared, freedom);
  return spread;
}

Pairing pair_lines(std::string name, std::span<const PairedLines> groups) {
  Pairing pairing{.name = std::move(name)};
  Comoments comoments;
  std::vector<double> both_by_chance = {1.0};
  for (const auto& group : groups) {
    RPP_CHECK(group.zeros_a.size() == group.zeros_b.size(), "{}: {} lines are paired with {}", pairing.name,
              group.zeros_a.size(), group.zeros_b.size());
    comoments.add(group);
    add_dead(group, pairing, both_by_chance);
  }
  const double less =
      std::accumulate(both_by_chance.begin(), both_by_chance.begin() + pairing.dead_both, 0.0);
  const double as_many =
      std::accumulate(both_by_chance.begin() + pairing.dead_both, both_by_chance.end(), 0.0);
  pairing.dead_p_value = less == 0.0 ? 1.0 : as_many;
  pairing.correlation = comoments.correlation();
  pairing.correlation_p =
      correlation_p_value(pairing.correlation, pairing.dimensions, static_cast<int64_t>(groups.size()));
  return pairing;
}

double chi_squared_tail(double x, double degrees_of_freedom) {
  const double a = degrees_of_freedom / 2.0, half = x / 2.0;
  if (half <= 0.0) return 1.0;
  return half < a + 1.0 ? 1.0 - lower_gamma_series(a, half) : upper_gamma_fraction(a, half);
}

std::vector<double> overlap_distribution(int64_t population, int64_t a, int64_t b) {
  std::vector<double> probability(static_cast<size_t>(std::min(a, b)) + 1);
  for (int64_t k = std::max<int64_t>(0, a + b - population); k <= std::min(a, b); ++k) {
    probability[static_cast<size_t>(k)] =
        std::exp(log_choose(a, k) + log_choose(population - a, b - k) - log_choose(population, b));
  }
  return probability;
}

}  // namespace rpp
