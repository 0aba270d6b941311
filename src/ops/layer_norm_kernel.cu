// A warp processes a row, so that sums over it need no block barrier. A row's fp32 values are kept in shared
// memory, where each lane reads only what it has written; sums over rows are kept there too.
#include "layer_norm_kernel.h"

#include "cuda_elements.h"

namespace rpp {
namespace {

constexpr int kMaxWarps = 4;
constexpr size_t kSharedBytes = 48 << 10;  // available to a block by default

// Floats of shared memory for one row.
template <int kWidth>
__host__ __device__ constexpr int row_slots(int hidden) {
  return (hidden + kWarpSize * kWidth - 1) / (kWarpSize * kWidth) * kWarpSize * kWidth;
}

// Calls body(column, slot) for the packs of this lane: element k of a pack is column + k and is stored at
// slot + k * kWarpSize, which avoids bank conflicts.
template <int kWidth, typename Body>
__device__ inline void for_each_pack(int hidden, const Body& body) {
  const int lane = threadIdx.x % kWarpSize;
  int slot = lane;
  for (int column = lane * kWidth; column < hidden; column += kWarpSize * kWidth) {
    body(column, slot);
    slot += kWarpSize * kWidth;
  }
}

template <typename T, int kWidth>
__global__ void __launch_bounds__(kMaxWarps* kWarpSize)
    layer_norm_forward_kernel(LayerNormForward<T> op, int64_t rows) {
  const int hidden = static_cast<int>(op.hidden);
  const int warp = threadIdx.x / kWarpSize;
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x / kWarpSize) + warp;
  if (row >= rows) return;
  const int64_t first = row * hidden;
  float* held = static_cast<float*>(dynamic_shared_memory()) + warp * row_slots<kWidth>(hidden);

  const DropoutRule dropout = with_seed_of_memory(op.dropout);
  float sum = 0.0F;
  for_each_pack<kWidth>(hidden, [&](int column, int slot) {
    float values[kWidth];
    load_floats(op.x + first + column, values);
    if (dropout.active()) drop_pack(values, dropout, static_cast<uint64_t>(first + column));
    if (op.residual != nullptr) {
      float added[kWidth];
      load_floats(op.residual + first + column, added);
      for (int k = 0; k < kWidth; ++k) values[k] += added[k];
    }
    if (op.sum != nullptr) store_floats(op.sum + first + column, values);
    for (int k = 0; k < kWidth; ++k) {
      held[slot + k * kWarpSize] = values[k];
      sum += values[k];
    }
  });
  const float mean = warp_sum(sum) / static_cast<float>(hidden);

  float squares = 0.0F;
  for_each_pack<kWidth>(hidden, [&](int, int slot) {
    for (int k = 0; k < kWidth; ++k) {
      const float centred = held[slot + k * kWarpSize] - mean;
      squares += centred * centred;
    }
  });
  const float variance = warp_sum(squares) / static_cast<float>(hidden);
  const float inverse = 1.0F / sqrtf(variance + op.epsilon);

  for_each_pack<kWidth>(hidden, [&](int column, int slot) {
    float weight[kWidth], bias[kWidth], values[kWidth];
    load_floats(op.weight + column, weight);
    load_floats(op.bias + column, bias);
    for (int k = 0; k < kWidth; ++k) {
      values[k] = (held[slot + k * kWarpSize] - mean) * inverse * weight[k] + bias[k];
    }
    store_floats(op.y + first + column, values);
  });
  if (threadIdx.x % kWarpSize == 0) {
    op.mean[row] = mean;
    op.inverse[row] = inverse;
  }
}

// A lane's values of its pack for both passes over a row.
template <typename T, int kWidth>
struct GradPack {
  float upstream[kWidth];
  float normalised[kWidth];
  float grad[kWidth];  // upstream * weight

  __device__ GradPack(const LayerNormBackward<T>& op, int64_t row, int column) {
    const int64_t at = row * op.hidden + column;
    float weight[kWidth];
    load_floats(op.dy + at, upstream);
    load_floats(op.sum + at, normalised);
    load_floats(op.weight + column, weight);
    for (int k = 0; k < kWidth; ++k) {
      normalised[k] = (normalised[k] - op.mean[row]) * op.inverse[row];
      grad[k] = upstream[k] * weight[k];
    }
  }
};

template <typename T, int kWidth>
__device__ void backward_row(const LayerNormBackward<T>& op, int64_t row, float* dweight, float* dbias) {
  const int hidden = static_cast<int>(op.hidden);
  float grad_sum = 0.0F, projection_sum = 0.0F;
  for_each_pack<kWidth>(hidden, [&](int column, int slot) {
    const GradPack<T, kWidth> pack(op, row, column);
    for (int k = 0; k < kWidth; ++k) {
      dweight[slot + k * kWarpSize] += pack.upstream[k] * pack.normalised[k];
      dbias[slot + k * kWarpSize] += pack.upstream[k];
      grad_sum += pack.grad[k];
      projection_sum += pack.grad[k] * pack.normalised[k];
    }
  });
  const float grad_mean = warp_sum(grad_sum) / static_cast<float>(hidden);
  const float projection = warp_sum(projection_sum) / static_cast<float>(hidden);
  const float inverse = op.inverse[row];

  const DropoutRule dropout = with_seed_of_memory(op.dropout);
  // The second read of the row hits the cache.
  for_each_pack<kWidth>(hidden, [&](int column, int) {
    const int64_t at = row * hidden + column;
    const GradPack<T, kWidth> pack(op, row, column);
    float dsum[kWidth];
    for (int k = 0; k < kWidth; ++k) {
      dsum[k] = (pack.grad[k] - grad_mean - pack.normalised[k] * projection) * inverse;
    }
    store_floats(op.dsum + at, dsum);
    if (op.dx == nullptr) return;
    drop_pack(dsum, dropout, static_cast<uint64_t>(at));
    store_floats(op.dx + at, dsum);
  });
}

// The column of a row that is stored at `slot`.
template <int kWidth>
__device__ inline int column_of(int slot) {
  const int lane = slot % kWarpSize, k = slot / kWarpSize % kWidth, pack = slot / (kWarpSize * kWidth);
  return (pack * kWarpSize + lane) * kWidth + k;
}

template <typename T, int kWidth>
__global__ void __launch_bounds__(kMaxWarps* kWarpSize)
    layer_norm_backward_kernel(LayerNormBackward<T> op, int64_t rows, float* partial) {
  const int hidden = static_cast<int>(op.hidden);
  const int slots = row_slots<kWidth>(hidden);
  const int warp = threadIdx.x / kWarpSize, warps = blockDim.x / kWarpSize;
  float* sums = static_cast<float*>(dynamic_shared_memory());  // [warps, 2, slots]
  float* dweight = sums + warp * 2 * slots;
  for (int slot = threadIdx.x % kWarpSize; slot < 2 * slots; slot += kWarpSize) dweight[slot] = 0.0F;
  __syncwarp();

  const int64_t stride = static_cast<int64_t>(gridDim.x) * warps;
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * warps + warp; row < rows; row += stride) {
    backward_row<T, kWidth>(op, row, dweight, dweight + slots);
  }
  __syncthreads();

  float* of_block = partial + static_cast<int64_t>(blockIdx.x) * 2 * hidden;
  for (int slot = threadIdx.x; slot < slots; slot += blockDim.x) {
    const int column = column_of<kWidth>(slot);
    if (column >= hidden) continue;
    float weight_sum = 0.0F, bias_sum = 0.0F;
    for (int w = 0; w < warps; ++w) {
      weight_sum += sums[w * 2 * slots + slot];
      bias_sum += sums[(w * 2 + 1) * slots + slot];
    }
    of_block[column] = weight_sum;
    of_block[hidden + column] = bias_sum;
  }
}

template <int kWidth, typename... Pointers>
bool fits_packs(int64_t hidden, const Pointers*... pointers) {
  return hidden % kWidth == 0 && ((reinterpret_cast<uintptr_t>(pointers) % 16 == 0) && ...);
}

// The number of warps in a block that each need `slots` floats.
int warps_for(int slots) {
  const size_t fit = kSharedBytes / (static_cast<size_t>(slots) * sizeof(float));
  return static_cast<int>(std::clamp<size_t>(fit, 1, kMaxWarps));
}

Launch shape_of(int64_t blocks, int warps, int slots) {
  return {.blocks = {blocks},
          .threads = warps * kWarpSize,
          .shared_bytes = static_cast<size_t>(warps) * static_cast<size_t>(slots) * sizeof(float)};
}

template <typename T, int kWidth>
cudaError_t launch_forward(const LayerNormForward<T>& op, int64_t rows, void* stream) {
  const int slots = row_slots<kWidth>(static_cast<int>(op.hidden));
  const int warps = warps_for(slots);
  return launch(layer_norm_forward_kernel<T, kWidth>, shape_of(divide_up(rows, warps), warps, slots), stream,
                op, rows);
}

template <typename T>
cudaError_t forward(const LayerNormForward<T>& op, int64_t rows, void* stream) {
  if (rows == 0) return cudaSuccess;
  constexpr int kWidth = kPackWidth<T>;
  if (fits_packs<kWidth>(op.hidden, op.x, op.residual, op.weight, op.bias, op.sum, op.y)) {
    return launch_forward<T, kWidth>(op, rows, stream);
  }
  return launch_forward<T, 1>(op, rows, stream);
}

template <typename T, int kWidth>
cudaError_t launch_backward(const LayerNormBackward<T>& op, int64_t rows, float* partial, void* stream) {
  const int slots = 2 * row_slots<kWidth>(static_cast<int>(op.hidden));
  return launch(layer_norm_backward_kernel<T, kWidth>,
                shape_of(layer_norm_blocks(rows), warps_for(slots), slots), stream, op, rows, partial);
}

template <typename T>
cudaError_t backward(const LayerNormBackward<T>& op, int64_t rows, float* partial, void* stream) {
  if (rows == 0) return cudaSuccess;
  constexpr int kWidth = kPackWidth<T>;
  if (fits_packs<kWidth>(op.hidden, op.sum, op.dy, op.weight, op.dsum, op.dx)) {
    return launch_backward<T, kWidth>(op, rows, partial, stream);
  }
  return launch_backward<T, 1>(op, rows, partial, stream);
}

}  // namespace

int layer_norm_forward_cuda(const LayerNormForward<float>& op, int64_t rows, void* stream) {
  return forward(op, rows, stream);
}
int layer_norm_forward_cuda(const LayerNormForward<uint16_t>& op, int64_t rows, void* stream) {
  return forward(op, rows, stream);
}
int layer_norm_backward_cuda(const LayerNormBackward<float>& op, int64_t rows, float* partial, void* stream) {
  return backward(op, rows, partial, stream);
}
int layer_norm_backward_cuda(const LayerNormBackward<uint16_t>& op, int64_t rows, float* partial,
                             void* stream) {
  return backward(op, rows, partial, stream);
}

}  // namespace rpp
