#include "rpp/infer/speed.h"

#include <time.h>

#include <algorithm>

#include "kernels.h"
#include "rpp/core/progress.h"
#include "rpp/core/rng.h"
#include "rpp/infer/session.h"
#include "tiles.h"
#include "weights.h"

namespace rpp {
namespace {

// Of this thread: what other programs do in the meantime does not count.
double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <typename Work>
double best_seconds(int64_t repeat, int num_threads, const Work& work) {
  work();  // warms caches, and makes the scratch memory
  double best = 0;
  for (int64_t i = 0; i < repeat; ++i) {
    const Stopwatch stopwatch;
    const double start = processor_seconds();
    work();
    const double seconds = num_threads == 1 ? processor_seconds() - start : stopwatch.seconds();
    best = i == 0 ? seconds : std::min(best, seconds);
  }
  return best;
}

std::vector<float> random_matrix(const MatmulShape& shape) {
  Rng rng(mix_key(1, shape.rows, shape.cols));
  std::vector<float> matrix(static_cast<size_t>(shape.rows * shape.cols), 0.0F);
  for (auto& value : matrix) {
    if (rng.uniform() >= shape.prune_ratio) value = static_cast<float>(rng.normal());
  }
  return matrix;
}

double time_linear(const Kernels& kernels, const Linear& linear, const Tiles& x, Tiles& y, int64_t repeat) {
  return best_seconds(repeat, 1, [&] {
    for (int64_t tile = 0; tile < x.num_tiles(); ++tile) {
      for (int64_t block = 0; block < linear.num_blocks(); ++block) {
        linear.apply(kernels, block, x.tile(tile), y.tile(tile), x.groups(tile));
      }
    }
  });
}

double time_session(const std::filesystem::path& file, const RuntimeOptions& options, const EncodeLoad& load,
                    int64_t repeat) {
  Session session(RuntimeModel::load(file, options), load.num_threads);
  std::vector<int32_t> ids(static_cast<size_t>(load.tokens * load.batch)), cu_seqlens;
  Rng rng(1);
  const auto vocab = static_cast<uint64_t>(session.model().sizes().vocab);
  for (auto& id : ids) id = static_cast<int32_t>(rng.below(vocab));
  for (int64_t i = 0; i <= load.batch; ++i) cu_seqlens.push_back(static_cast<int32_t>(i * load.tokens));
  return best_seconds(repeat, load.num_threads, [&] {
    session.encode({.input_ids = ids, .token_type_ids = {}, .cu_seqlens = cu_seqlens});
  });
}

}  // namespace

SpeedTimes time_matmul(const MatmulShape& shape, int64_t repeat, const std::string& name) {
  const Kernels& kernels = find_kernels(name);
  const auto matrix = random_matrix(shape);
  Linear dense{
      .rows = shape.rows, .cols = shape.cols, .bias = std::vector<float>(static_cast<size_t>(shape.rows))};
  dense.matrix =
      DenseView{.values = matrix.data(), .rows = shape.rows, .depth = shape.cols, .row_stride = shape.cols};
  Linear sparse = dense;
  sparse.matrix = make_sparse(matrix, shape.rows, shape.cols);
  Tiles x, y;
  x.reshape(shape.tokens, shape.cols);
  y.reshape(shape.tokens, shape.rows);
  return {.kernels = std::string(kernels.name),
          .dense_seconds = time_linear(kernels, dense, x, y, repeat),
          .sparse_seconds = time_linear(kernels, sparse, x, y, repeat)};
}

SpeedTimes time_encoder(const std::filesystem::path& model_file, const EncodeLoad& load, int64_t repeat,
                        const std::string& kernels) {
  using Matrices = RuntimeOptions::Matrices;
  return {.kernels = std::string(find_kernels(kernels).name),
          .dense_seconds =
              time_session(model_file, {.matrices = Matrices::dense, .kernels = kernels}, load, repeat),
          .sparse_seconds = time_session(model_file, {.kernels = kernels}, load, repeat)};
}

}  // namespace rpp
