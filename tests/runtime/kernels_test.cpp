// Every kernel of every instruction set of this machine, against simple reference loops.
#include "runtime/kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/rng.h"
#include "message_of.h"
#include "runtime/tiles.h"

namespace rpp {
namespace {

using testing::HasSubstr;

// A value that no kernel may overwrite.
constexpr float kUntouched = -12345.0F;

// Each entry is non-zero with the probability `density`.
std::vector<float> random_values(int64_t count, double density = 1.0) {
  Rng rng(mix_key(3, count));
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) {
    values.push_back(rng.uniform() < density ? static_cast<float>(rng.normal()) : 0.0F);
  }
  return values;
}

Tiles random_tile(int64_t tokens, int64_t features) {
  Tiles tiles;
  tiles.reshape(tokens, features);
  const auto values = random_values(tokens * features);
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t i = 0; i < features; ++i) tiles.at(t, i) = values[static_cast<size_t>(t * features + i)];
  }
  return tiles;
}

Tiles untouched_tile(int64_t tokens, int64_t features) {
  Tiles tiles;
  tiles.reshape(tokens, features);
  std::fill_n(tiles.tile(0), features * kTileTokens, kUntouched);
  return tiles;
}

struct Product {
  int64_t rows, cols, tokens;
  double density = 1.0;
};

// The largest difference of y from W x + bias; infinity if an unused group was written.
double error_of(const Product& p, const std::vector<float>& w, const std::vector<float>& bias, const Tiles& x,
                const Tiles& y) {
  double error = 0.0;
  for (int64_t row = 0; row < p.rows; ++row) {
    for (int64_t t = 0; t < p.tokens; ++t) {
      double sum = bias[static_cast<size_t>(row)];
      for (int64_t k = 0; k < p.cols; ++k)
        sum += double{w[static_cast<size_t>(row * p.cols + k)]} * x.at(t, k);
      error = std::max(error, std::abs(sum - y.at(t, row)));
    }
    for (int64_t t = num_groups(p.tokens) * kGroupTokens; t < kTileTokens; ++t) {
      if (y.tile(0, row)[t] != kUntouched) error = INFINITY;
    }
  }
  return error;
}

double sparse_error(const Kernels& kernels, const Product& p) {
  const auto w = random_values(p.rows * p.cols, p.density), bias = random_values(p.rows);
  const SparseMatrix sparse = make_sparse(w, p.rows, p.cols);
  const Tiles x = random_tile(p.tokens, p.cols);
  Tiles y = untouched_tile(p.tokens, p.rows);
  for (int64_t row = 0; row < p.rows; row += SparseMatrix::kBlockRows) {
    kernels.sparse_matmul(sparse, row / SparseMatrix::kBlockRows, bias.data() + row, x.tile(0),
                          y.tile(0, row), num_groups(p.tokens));
  }
  return error_of(p, w, bias, x, y);
}

double dense_error(const Kernels& kernels, const Product& p) {
  const auto w = random_values(p.rows * p.cols, p.density), bias = random_values(p.rows);
  const Tiles x = random_tile(p.tokens, p.cols);
  Tiles y = untouched_tile(p.tokens, p.rows);
  kernels.dense_matmul({.values = w.data(), .rows = p.rows, .depth = p.cols, .row_stride = p.cols},
                       bias.data(), x.tile(0), y.tile(0), num_groups(p.tokens));
  return error_of(p, w, bias, x, y);
}

class EveryKernel : public testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& kernels_ = *GetParam();
};

TEST_P(EveryKernel, SparseMatmulsAreExact) {
  for (const int64_t tokens : {1, 15, 16, 17, 32, 33, 47, 63, 64}) {
    EXPECT_LT(sparse_error(kernels_, {.rows = 37, .cols = 41, .tokens = tokens, .density = 0.2}), 1e-5)
        << tokens;
  }
}

TEST_P(EveryKernel, SparseMatmulsOfManyBlocksAndPanelsAreExact) {
  for (const double density : {0.02, 0.1, 0.9}) {
    EXPECT_LT(sparse_error(kernels_, {.rows = 131, .cols = 511, .tokens = 33, .density = density}), 2e-4)
        << density;
  }
}

TEST_P(EveryKernel, AZeroMatrixGivesTheBias) {
  EXPECT_EQ(sparse_error(kernels_, {.rows = 129, .cols = 193, .tokens = 5, .density = 0.0}), 0.0);
}

TEST_P(EveryKernel, ASparseMatrixMayBeFull) {
  EXPECT_LT(sparse_error(kernels_, {.rows = 5, .cols = 400, .tokens = 64}), 2e-4);
}

TEST_P(EveryKernel, AnEmptyRowGivesItsBias) {
  std::vector<float> w = random_values(3 * 10);
  std::fill_n(w.begin() + 10, 10, 0.0F);
  const SparseMatrix sparse = make_sparse(w, 3, 10);
  const Tiles x = random_tile(2, 10);
  Tiles y = untouched_tile(2, 3);
  const std::vector<float> bias = {0.0F, 7.0F, 0.0F};
  kernels_.sparse_matmul(sparse, 0, bias.data(), x.tile(0), y.tile(0), 1);
  EXPECT_EQ(y.at(0, 1), 7.0F);
  EXPECT_EQ(y.at(1, 1), 7.0F);
}

TEST_P(EveryKernel, DenseMatmulsAreExact) {
  for (const int64_t tokens : {1, 16, 17, 33, 49, 64}) {
    for (const int64_t rows : {1, 2, 6, 7, 9, 23}) {
      EXPECT_LT(dense_error(kernels_, {.rows = rows, .cols = 41, .tokens = tokens}), 1e-5)
          << tokens << " tokens, " << rows << " rows";
    }
  }
}

TEST_P(EveryKernel, AMatmulRowDoesNotDependOnTheBatch) {
  const auto w = random_values(30 * 200, 0.3), bias = random_values(30);
  const SparseMatrix sparse = make_sparse(w, 30, 200);
  const DenseView dense = {.values = w.data(), .rows = 30, .depth = 200, .row_stride = 200};
  Tiles together = random_tile(64, 200), alone;
  alone.reshape(1, 200);
  for (int64_t k = 0; k < 200; ++k) alone.at(0, k) = together.at(59, k);
  Tiles all = untouched_tile(64, 30), one = untouched_tile(1, 30);
  const auto expect_equal = [&] {
    for (int64_t row = 0; row < 30; ++row) EXPECT_EQ(all.at(59, row), one.at(0, row)) << row;
  };
  kernels_.sparse_matmul(sparse, 0, bias.data(), together.tile(0), all.tile(0), 4);
  kernels_.sparse_matmul(sparse, 0, bias.data(), alone.tile(0), one.tile(0), 1);
  expect_equal();
  kernels_.dense_matmul(dense, bias.data(), together.tile(0), all.tile(0), 4);
  kernels_.dense_matmul(dense, bias.data(), alone.tile(0), one.tile(0), 1);
  expect_equal();
}

// Equal bits allow choosing the faster of the two at run time.
TEST_P(EveryKernel, SparseAndDenseMatmulsAreBitIdentical) {
  const int64_t rows = 67, cols = 401;
  for (const double density : {0.05, 0.5, 0.97}) {
    const auto w = random_values(rows * cols, density), bias = random_values(rows);
    const SparseMatrix sparse = make_sparse(w, rows, cols);
    for (const int64_t tokens : {1, 17, 33, 64}) {
      const Tiles x = random_tile(tokens, cols);
      Tiles a = untouched_tile(tokens, rows), b = untouched_tile(tokens, rows);
      kernels_.sparse_matmul(sparse, 0, bias.data(), x.tile(0), a.tile(0), num_groups(tokens));
      kernels_.dense_matmul({.values = w.data(), .rows = rows, .depth = cols, .row_stride = cols},
                            bias.data(), x.tile(0), b.tile(0), num_groups(tokens));
      EXPECT_TRUE(std::equal(a.tile(0), a.tile(0, rows - 1) + kTileTokens, b.tile(0)))
          << density << ", " << tokens << " tokens";
    }
  }
}

TEST_P(EveryKernel, GeluUsesErf) {
  Tiles x = random_tile(64, 9);
  x.at(0, 0) = 0.0F, x.at(1, 0) = -30.0F, x.at(2, 0) = 30.0F;
  Tiles y = x;
  kernels_.gelu(y.tile(0), 9, 4);
  for (int64_t t = 0; t < 64; ++t) {
    for (int64_t i = 0; i < 9; ++i) {
      const double value = x.at(t, i), wanted = 0.5 * value * (1.0 + std::erf(value / std::sqrt(2.0)));
      EXPECT_NEAR(y.at(t, i), wanted, 1e-6);
    }
  }
}

TEST_P(EveryKernel, LayerNormHasTheMeanAndVarianceOfItsParameters) {
  const int64_t features = 77, tokens = 19;
  const Tiles x = random_tile(tokens, features), residual = random_tile(tokens, features);
  const std::vector<float> weight(77, 2.0F), bias(77, 0.5F);
  Tiles y = untouched_tile(tokens, features);
  kernels_.add_layer_norm({x.tile(0), residual.tile(0), weight.data(), bias.data(), 1e-12F, features},
                          y.tile(0), num_groups(tokens));
  for (int64_t t = 0; t < tokens; ++t) {
    double mean = 0.0, variance = 0.0;
    for (int64_t i = 0; i < features; ++i) mean += (x.at(t, i) + residual.at(t, i)) / 77.0;
    for (int64_t i = 0; i < features; ++i) {
      variance += std::pow(x.at(t, i) + residual.at(t, i) - mean, 2.0) / 77.0;
    }
    for (int64_t i = 0; i < features; ++i) {
      const double wanted = (x.at(t, i) + residual.at(t, i) - mean) / std::sqrt(variance) * 2.0 + 0.5;
      ASSERT_NEAR(y.at(t, i), wanted, 1e-5);
    }
  }
}

TEST_P(EveryKernel, LayerNormWithoutResidualWorksInPlace) {
  Tiles x = random_tile(3, 2);
  x.at(0, 0) = 3.0F, x.at(0, 1) = 5.0F;
  const std::vector<float> weight(2, 1.0F), bias(2, 0.0F);
  kernels_.add_layer_norm({x.tile(0), nullptr, weight.data(), bias.data(), 1e-12F, 2}, x.tile(0), 1);
  EXPECT_FLOAT_EQ(x.at(0, 0), -1.0F);
  EXPECT_FLOAT_EQ(x.at(0, 1), 1.0F);
}

TEST_P(EveryKernel, SoftmaxReturnsExponentialsAndTheInverseOfTheirSum) {
  Tiles x = random_tile(21, 13);
  x.at(4, 6) = 300.0F;  // would overflow without subtracting the maximum
  const Tiles before = x;
  TileRow inverse_sums;
  kernels_.softmax(x.tile(0), inverse_sums.tokens, 13, 2);
  for (int64_t t = 0; t < 21; ++t) {
    double sum = 0.0;
    for (int64_t i = 0; i < 13; ++i) sum += std::exp(double{before.at(t, i)} - before.at(t, 6));
    for (int64_t i = 0; i < 13; ++i) {
      const double wanted = std::exp(double{before.at(t, i)} - before.at(t, 6)) / sum;
      ASSERT_NEAR(x.at(t, i) * inverse_sums.tokens[t], wanted, 1e-6);
    }
  }
}

// A tile in int8, with its memory.
struct QuantisedTokens {
  QuantisedTokens(const Kernels& kernels, const Tiles& x, int64_t features)
      : words(static_cast<size_t>(num_quads(features))) {
    kernels.quantise(x.tile(0), features, tile(), x.groups(0));
  }
  QuantisedTile tile() { return {words.front().tokens, steps.tokens, lows.tokens}; }
  int64_t byte(int64_t token, int64_t feature) const {
    const auto word = static_cast<uint32_t>(words[static_cast<size_t>(feature / kQuad)].tokens[token]);
    return (word >> (8 * (feature % kQuad))) & 0xFF;
  }

  struct alignas(64) Words {
    Quad tokens[kTileTokens];
  };
  std::vector<Words> words;
  TileRow steps, lows;
};

int64_t integer_at(const QuadMatrix& matrix, int64_t row, int64_t col, int64_t cols) {
  const auto word =
      static_cast<uint32_t>(matrix.quads[static_cast<size_t>(row * num_quads(cols) + col / kQuad)]);
  return static_cast<int8_t>((word >> (8 * (col % kQuad))) & 0xFF);
}

PackedView view_of(const std::vector<float>& w, int64_t rows, int64_t cols) {
  return {.rows = rows, .cols = cols, .dtype = Dtype::f32, .values = std::as_bytes(std::span(w))};
}

struct alignas(64) SumRow {
  int32_t tokens[kTileTokens];
};

// The integer sums of both kernels; an entry that differs from the exact sum fails the test.
void expect_exact_sums(const Kernels& kernels, const Product& p, const std::vector<float>& w,
                       const Tiles& x) {
  const QuadMatrix matrix = make_quads(view_of(w, p.rows, p.cols));
  QuantisedTokens tokens(kernels, x, p.cols);
  const int64_t depth = num_quads(p.cols), groups = num_groups(p.tokens);
  const SparseQuads sparse = make_sparse(matrix.quads, p.rows, depth);
  std::vector<SumRow> dense_sums(static_cast<size_t>(p.rows)), sparse_sums(dense_sums.size());
  kernels.dense_quads({.values = matrix.quads.data(), .rows = p.rows, .depth = depth, .row_stride = depth},
                      tokens.tile().quads, dense_sums.front().tokens, groups);
  for (int64_t row = 0; row < p.rows; row += SparseQuads::kBlockRows) {
    kernels.sparse_quads(sparse, row / SparseQuads::kBlockRows, tokens.tile().quads,
                         sparse_sums[static_cast<size_t>(row)].tokens, groups);
  }
  for (int64_t row = 0; row < p.rows; ++row) {
    for (int64_t t = 0; t < p.tokens; ++t) {
      int64_t sum = 0;
      for (int64_t k = 0; k < p.cols; ++k) sum += tokens.byte(t, k) * integer_at(matrix, row, k, p.cols);
      ASSERT_EQ(dense_sums[static_cast<size_t>(row)].tokens[t], sum) << row << ", " << t;
      ASSERT_EQ(sparse_sums[static_cast<size_t>(row)].tokens[t], sum) << row << ", " << t;
    }
  }
}

TEST_P(EveryKernel, SumsOfInt8ProductsAreExact) {
  for (const int64_t cols : {1, 3, 4, 41, 512, 1029}) {
    for (const int64_t tokens : {1, 16, 33, 64}) {
      const Product p = {.rows = 103, .cols = cols, .tokens = tokens, .density = 0.15};
      expect_exact_sums(kernels_, p, random_values(p.rows * p.cols, p.density), random_tile(tokens, cols));
    }
  }
}

TEST_P(EveryKernel, TheLargestInt8ProductsDoNotSaturate) {
  const Product p = {.rows = 2, .cols = 3072, .tokens = 16};
  std::vector<float> w(static_cast<size_t>(p.rows * p.cols), 1.0F);
  std::fill_n(w.begin() + p.cols, p.cols, -1.0F);
  Tiles x = random_tile(p.tokens, p.cols);
  for (int64_t k = 0; k < p.cols; ++k) {
    for (int64_t t = 0; t < p.tokens; ++t) x.at(t, k) = k == 0 ? -1.0F : 1.0F;  // bytes 0, 255, 255, ...
  }
  expect_exact_sums(kernels_, p, w, x);
}

TEST_P(EveryKernel, ActivationsAreRoundedToOneOf255Steps) {
  const int64_t features = 77, tokens = 19;
  Tiles x = random_tile(tokens, features);
  for (int64_t i = 0; i < features; ++i) x.at(3, i) = 2.5F;  // constant
  QuantisedTokens quantised(kernels_, x, features);
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t i = 0; i < features; ++i) {
      const float step = quantised.steps.tokens[t];
      const auto value =
          static_cast<double>(quantised.lows.tokens[t]) + step * static_cast<double>(quantised.byte(t, i));
      ASSERT_NEAR(value, x.at(t, i), 0.5001 * step + 1e-6) << t << ", " << i;
    }
  }
  EXPECT_EQ(quantised.steps.tokens[3], 0.0F);
  EXPECT_EQ(quantised.byte(0, features), 0);  // beyond the last feature
}

TEST_P(EveryKernel, ATokenThatIsNotFiniteHasNoStep) {
  for (const float value : {NAN, INFINITY, -INFINITY}) {
    for (const int64_t feature : {0, 4, 8}) {
      Tiles x = random_tile(16, 9);
      x.at(5, feature) = value;
      QuantisedTokens quantised(kernels_, x, 9);
      EXPECT_TRUE(std::isnan(quantised.steps.tokens[5])) << value << " " << feature;
      EXPECT_TRUE(std::isfinite(quantised.steps.tokens[4]));
    }
  }
}

TEST_P(EveryKernel, SumsBecomeTheProductOfWhatTheIntegersStandFor) {
  const int64_t rows = 5, cols = 50, tokens = 17;
  const auto w = random_values(rows * cols), bias = random_values(rows);
  const QuadMatrix matrix = make_quads(view_of(w, rows, cols));
  const Tiles x = random_tile(tokens, cols);
  QuantisedTokens quantised(kernels_, x, cols);
  Tiles y = untouched_tile(tokens, rows);
  auto* sums = reinterpret_cast<int32_t*>(y.tile(0));
  const int64_t depth = num_quads(cols);
  kernels_.dense_quads({.values = matrix.quads.data(), .rows = rows, .depth = depth, .row_stride = depth},
                       quantised.tile().quads, sums, 2);
  kernels_.dequantise({rows, matrix.scales.data(), matrix.sums.data(), bias.data()}, quantised.tile(), sums,
                      y.tile(0), 2);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t t = 0; t < tokens; ++t) {
      double sum = bias[static_cast<size_t>(row)];
      for (int64_t k = 0; k < cols; ++k) {
        sum += matrix.scales[static_cast<size_t>(row)] *
               static_cast<double>(integer_at(matrix, row, k, cols)) *
               (quantised.lows.tokens[t] +
                quantised.steps.tokens[t] * static_cast<double>(quantised.byte(t, k)));
      }
      EXPECT_NEAR(y.at(t, row), sum, 1e-5);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OfThisMachine, EveryKernel,
                         testing::ValuesIn(supported_kernels().begin(), supported_kernels().end()),
                         [](const auto& kernels) { return std::string(kernels.param->name); });

TEST(Kernels, TheFastestIsFirstAndAnyCanBeForced) {
  EXPECT_EQ(&find_kernels(""), supported_kernels().front());
  for (const Kernels* kernels : supported_kernels()) EXPECT_EQ(&find_kernels(kernels->name), kernels);
}

TEST(Kernels, AnUnknownNameListsTheAvailableKernels) {
  EXPECT_THAT(message_of([] { find_kernels("AVX9"); }), HasSubstr("no kernels named 'AVX9'"));
  EXPECT_THAT(message_of([] { find_kernels("AVX9"); }), HasSubstr(supported_kernels().back()->name));
}

}  // namespace
}  // namespace rpp
