// Column sums: a block processes a tile of columns and a chunk of rows; its warps take every eighth row.
#include "accumulate_kernel.h"

#include "cuda_launch.h"

namespace rpp {
namespace {

constexpr int kWarps = 8;
constexpr int kThreads = kWarps * kWarpSize;

// sums[chunk, column] += the sum of the chunk's rows; without `adds` it is overwritten.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kThreads)
    column_sum_kernel(Rows<const T> matrix, int64_t rows_of_chunk, float* sums, bool adds) {
  constexpr int kTile = kWarpSize * kWidth;
  const int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
  const int64_t columns = matrix.columns;
  const int64_t column = static_cast<int64_t>(blockIdx.x) * kTile + lane * kWidth;
  const int width = column + kWidth <= columns ? kWidth : static_cast<int>(columns - column);  // of this lane
  const int64_t begin = blockIdx.y * rows_of_chunk;
  const int64_t end = begin + rows_of_chunk < matrix.rows ? begin + rows_of_chunk : matrix.rows;
  float of_thread[kWidth] = {};
  for (int64_t row = begin + warp; row < end; row += kWarps) {
    const T* values = matrix.values + row * matrix.stride + column;
    if (width == kWidth) {
      const auto pack = load_pack<kWidth>(values);
      for (int k = 0; k < kWidth; ++k) of_thread[k] += to_float(pack.values[k]);
    } else {
      for (int k = 0; k < width; ++k) of_thread[k] += to_float(values[k]);
    }
  }
  // [kWarps, kWidth, lanes]: avoids bank conflicts.
  float* shared = static_cast<float*>(dynamic_shared_memory());
  for (int k = 0; k < kWidth; ++k) shared[(warp * kWidth + k) * kWarpSize + lane] = of_thread[k];
  __syncthreads();
  if (warp != 0) return;
  float* to = sums + blockIdx.y * columns + column;
  for (int k = 0; k < width; ++k) {
    float sum = adds ? to[k] : 0.0F;
    for (int w = 0; w < kWarps; ++w) sum += shared[(w * kWidth + k) * kWarpSize + lane];
    to[k] = sum;
  }
}

struct Chunks {
  int64_t count = 0, rows = 0;
};

template <typename T, int kWidth>
cudaError_t launch_sums(const Rows<const T>& matrix, const Chunks& chunks, float* sums, bool adds,
                        void* stream) {
  const Launch shape = {.blocks = {divide_up(matrix.columns, kWarpSize * kWidth), chunks.count},
                        .threads = kThreads,
                        .shared_bytes = kThreads * kWidth * sizeof(float)};
  return launch(column_sum_kernel<T, kWidth>, shape, stream, matrix, chunks.rows, sums, adds);
}

template <typename T>
cudaError_t column_sums(const Rows<const T>& matrix, const Chunks& chunks, float* sums, bool adds,
                        void* stream) {
  constexpr int kWidth = kPackWidth<T>;
  if (matrix.stride % kWidth == 0 && elements_to_boundary<kWidth>(matrix.values) == 0) {
    return launch_sums<T, kWidth>(matrix, chunks, sums, adds, stream);
  }
  return launch_sums<T, 1>(matrix, chunks, sums, adds, stream);
}

template <typename T>
cudaError_t add_rows(const Rows<const T>& matrix, float* sums, float* scratch, void* stream) {
  const int64_t rows = matrix.rows, columns = matrix.columns;
  if (rows == 0 || columns == 0) return cudaSuccess;
  const int64_t chunks = row_chunks(rows);
  if (chunks == 1) return column_sums(matrix, {1, rows}, sums, true, stream);
  const cudaError_t error = column_sums(matrix, {chunks, kRowsOfChunk}, scratch, false, stream);
  if (error != cudaSuccess) return error;
  return column_sums(Rows<const float>{scratch, chunks, columns, columns}, {1, chunks}, sums, true, stream);
}

}  // namespace

int add_rows_into_cuda(const Rows<const float>& matrix, float* sums, float* scratch, void* stream) {
  return add_rows(matrix, sums, scratch, stream);
}
int add_rows_into_cuda(const Rows<const uint16_t>& matrix, float* sums, float* scratch, void* stream) {
  return add_rows(matrix, sums, scratch, stream);
}

}  // namespace rpp
