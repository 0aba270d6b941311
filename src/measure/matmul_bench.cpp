// Matmuls with one matrix with random zeros: dense and sparse, in fp32 and in int8.
#include <algorithm>

#include "core/rng.h"
#include "measure/benches.h"
#include "rpp/error.h"
#include "runtime/kernels.h"
#include "runtime/steps.h"
#include "runtime/tiles.h"
#include "runtime/weights.h"

namespace rpp {
namespace {

// Shares of zero quads from which a matrix in int8 is sparse.
constexpr double kAlwaysSparse = 0, kNeverSparse = 2;

struct Shape {
  int64_t rows = 0, cols = 0;
};

// Zeros in blocks of `block` neighbours of a row.
std::vector<float> random_matrix(const Shape& shape, double prune_ratio, int64_t block) {
  Rng rng(mix_key(1, shape.rows, shape.cols));
  std::vector<float> matrix(static_cast<size_t>(shape.rows * shape.cols), 0.0F);
  bool is_zero = false;
  for (size_t i = 0; i < matrix.size(); ++i) {
    if (static_cast<int64_t>(i) % shape.cols % block == 0) is_zero = rng.uniform() < prune_ratio;
    if (!is_zero) matrix[i] = static_cast<float>(rng.normal());
  }
  return matrix;
}

// In int8 with the conversion of the activations, once for all rows.
double time_linear(const Kernels& kernels, const Linear& linear, const Tiles& x, Tiles& y, int64_t repeat) {
  QuantisedTiles quantised;
  quantised.reshape(x.num_tokens(), x.features());
  return best_seconds(repeat + 1, [&] {  // one extra call warms the caches
    for (int64_t tile = 0; tile < x.num_tiles(); ++tile) {
      const int64_t groups = x.groups(tile);
      const LinearInput input = {.x = x.tile(tile), .quantised = quantised.tile(tile)};
      if (linear.is_int8()) kernels.quantise(input.x, linear.cols, input.quantised, groups);
      for (int64_t block = 0; block < linear.num_blocks(); ++block) {
        linear.apply(kernels, block, input, y.tile(tile), groups);
      }
    }
  });
}

Measurement measure(const Kernels& kernels, const MatmulBench& bench, const Shape& shape,
                    double prune_ratio) {
  const auto matrix = random_matrix(shape, prune_ratio, bench.block);
  const PackedView packed = {.rows = shape.rows,
                             .cols = shape.cols,
                             .dtype = Dtype::f32,
                             .values = std::as_bytes(std::span(matrix))};
  Tiles x, y;
  x.reshape(bench.tokens, shape.cols);
  y.reshape(bench.tokens, shape.rows);
  const auto seconds_of = [&](Linear linear) {
    linear.rows = shape.rows, linear.cols = shape.cols;
    linear.bias.resize(static_cast<size_t>(shape.rows));
    return time_linear(kernels, linear, x, y, bench.repeat);
  };
  const DenseView dense = {
      .values = matrix.data(), .rows = shape.rows, .depth = shape.cols, .row_stride = shape.cols};
  const double dense_seconds = seconds_of({.matrix = dense});
  const double sparse_seconds = seconds_of({.matrix = make_sparse(matrix, shape.rows, shape.cols)});
  const double gflop = 2e-9 * static_cast<double>(shape.rows * shape.cols * bench.tokens);
  auto line = begin_measurement("matmul", 1);
  line["kernels"] = kernels.name;
  line["tokens"] = bench.tokens;
  line["rows"] = shape.rows;
  line["cols"] = shape.cols;
  line["block"] = bench.block;
  line["prune_ratio"] = prune_ratio;
  line["dense_gflops"] = gflop / dense_seconds;
  line["sparse_effective_gflops"] = gflop / sparse_seconds;
  line["speedup"] = dense_seconds / sparse_seconds;
  line["int8_dense_gops"] = gflop / seconds_of(make_int8(packed, kNeverSparse));
  line["int8_sparse_effective_gops"] = gflop / seconds_of(make_int8(packed, kAlwaysSparse));
  return line;
}

// The ratio at which the sparse time, interpolated linearly, equals the dense time.
std::string break_even(const std::vector<Measurement>& of_shape) {
  double ratio_before = 0, share_before = 0;  // sparse time relative to dense
  for (const auto& line : of_shape) {
    const double ratio = line.at("prune_ratio"), share = 1.0 / line.at("speedup").get<double>();
    if (share < 1.0 && &line == &of_shape.front()) {
      return fmt::format("from {:.0f} % zeros or fewer, the least measured", 100 * ratio);
    }
    if (share < 1.0) {
      const double part = (share_before - 1.0) / (share_before - share);
      return fmt::format("from {:.0f} % zeros on", 100 * (ratio_before + part * (ratio - ratio_before)));
    }
    ratio_before = ratio, share_before = share;
  }
  return fmt::format("not even at {:.0f} % zeros, the most measured", 100 * ratio_before);
}

}  // namespace

std::vector<Measurement> bench_matmul(const MatmulBench& bench) {
  if (bench.rows.size() != bench.cols.size()) fail_usage("--rows and --cols are pairs");
  const Kernels& kernels = find_kernels(bench.kernels);
  auto ratios = bench.ratios;
  std::sort(ratios.begin(), ratios.end());
  std::vector<Measurement> lines;
  for (size_t i = 0; i < bench.rows.size(); ++i) {
    for (const double ratio : ratios) {
      lines.push_back(measure(kernels, bench, {.rows = bench.rows[i], .cols = bench.cols[i]}, ratio));
    }
  }
  return lines;
}

std::string conclude_matmul(const std::vector<Measurement>& lines) {
  std::string text;
  for (auto first = lines.begin(); first != lines.end();) {
    const auto end = std::find_if(first, lines.end(), [&](const auto& line) {
      return line.at("rows") != first->at("rows") || line.at("cols") != first->at("cols");
    });
    text += fmt::format("{} x {} is faster sparse than dense {}.\n", first->at("rows").dump(),
                        first->at("cols").dump(), break_even({first, end}));
    first = end;
  }
  return text;
}

}  // namespace rpp
