// Gradients of a table's rows without atomic additions, whose order would change from run to run. Tokens are
// sorted by id; a run of equal ids may cross the chunks of the blocks, so a first kernel adds the runs within
// a chunk and stores the partial sums of the others, which a second one adds.
#include "embedding_kernel.h"

#include <cassert>

#include "cuda_launch.h"

namespace rpp {
namespace {

constexpr int kThreads = 128;

__global__ void __launch_bounds__(kThreads) embedding_sum_kernel(EmbeddingSum op) {
  const int64_t token = blockIdx.x;
  const float* rows[kEmbeddingTables];
  for (int t = 0; t < kEmbeddingTables; ++t) {
    const int64_t id = op.ids[t][token];
    assert(id >= 0 && id < op.num_rows[t]);
    rows[t] = op.tables[t] + id * op.hidden;
  }
  for (int64_t i = threadIdx.x; i < op.hidden; i += kThreads) {
    float sum = 0.0F;
    for (int t = 0; t < kEmbeddingTables; ++t) sum += rows[t][i];
    op.sums[token * op.hidden + i] = sum;
  }
}

// Entries [begin, end) of the sorted tokens.
struct Chunk {
  int64_t begin, end;
  bool continues;  // its first run started in an earlier chunk
  bool goes_on;    // its last run has entries in the next chunk

  __device__ Chunk(const SortedScatter& op, int64_t index) {
    begin = index * kTokensOfChunk;
    end = begin + kTokensOfChunk < op.tokens ? begin + kTokensOfChunk : op.tokens;
    continues = begin > 0 && op.sorted_ids[begin - 1] == op.sorted_ids[begin];
    goes_on = end < op.tokens && op.sorted_ids[end - 1] == op.sorted_ids[end];
  }

  __device__ bool is_one_run(const SortedScatter& op) const {
    return op.sorted_ids[begin] == op.sorted_ids[end - 1];
  }
};

__device__ inline int64_t scatter_column() {
  return static_cast<int64_t>(blockIdx.y) * kThreads + threadIdx.x;
}

// The partial sum of a chunk's first run, if it continues another, is stored at [chunk, 0]; that of its last
// run, if it starts here and continues in the next chunk, at [chunk, 1].
__global__ void __launch_bounds__(kThreads) scatter_chunk_kernel(SortedScatter op) {
  const int64_t column = scatter_column();
  if (column >= op.hidden) return;
  const int64_t index = blockIdx.x;
  const Chunk chunk(op, index);
  float* kept = op.scratch + index * 2 * op.hidden + column;
  float sum = 0.0F;
  bool is_first = true;
  for (int64_t i = chunk.begin; i < chunk.end; ++i) {
    sum += op.grad[op.order[i] * op.hidden + column];
    const int64_t id = op.sorted_ids[i];
    const bool is_last = i + 1 == chunk.end;
    if (!is_last && op.sorted_ids[i + 1] == id) continue;
    if (is_first && chunk.continues) {
      kept[0] = sum;
    } else if (is_last && chunk.goes_on) {
      kept[op.hidden] = sum;
    } else {
      op.table_grad[id * op.hidden + column] += sum;
    }
    sum = 0.0F;
    is_first = false;
  }
}

// Block c adds the run that starts in chunk c and continues in later ones.
__global__ void __launch_bounds__(kThreads) scatter_run_kernel(SortedScatter op) {
  const int64_t column = scatter_column();
  const int64_t index = blockIdx.x;
  const Chunk first(op, index);
  if (column >= op.hidden || !first.goes_on || (first.continues && first.is_one_run(op))) return;
  float sum = op.scratch[(index * 2 + 1) * op.hidden + column];
  for (int64_t next = index + 1;; ++next) {
    sum += op.scratch[next * 2 * op.hidden + column];
    const Chunk chunk(op, next);
    if (!chunk.goes_on || !chunk.is_one_run(op)) break;
  }
  op.table_grad[op.sorted_ids[first.end - 1] * op.hidden + column] += sum;
}

}  // namespace

int embedding_sum_cuda(const EmbeddingSum& op, int64_t tokens, void* stream) {
  if (tokens == 0) return cudaSuccess;
  return launch(embedding_sum_kernel, {.blocks = {tokens}, .threads = kThreads}, stream, op);
}

int scatter_add_rows_cuda(const SortedScatter& op, void* stream) {
  if (op.tokens == 0) return cudaSuccess;
  const Launch shape = {.blocks = {scatter_chunks(op.tokens), divide_up(op.hidden, kThreads)},
                        .threads = kThreads};
  const cudaError_t error = launch(scatter_chunk_kernel, shape, stream, op);
  return error != cudaSuccess ? error : launch(scatter_run_kernel, shape, stream, op);
}

}  // namespace rpp
