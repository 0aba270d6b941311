// Looks up rows of an embedding table by id, and adds gradients back to them.
#pragma once

#include <cstdint>

namespace rpp {

// sums[token] += table[ids[token]] for tokens [begin, end); rows of `hidden` floats.
void gather_add_rows(const float* table, const int64_t* ids, float* sums, int64_t hidden, int64_t begin,
                     int64_t end);

// table_grad[ids[token]] += grad[token] for every token in order, columns [first, last) of `hidden`.
void scatter_add_rows(const float* grad, const int64_t* ids, int64_t tokens, float* table_grad,
                      int64_t hidden, int64_t first, int64_t last);

constexpr int kEmbeddingTables = 3;

struct EmbeddingSum {
  const float* tables[kEmbeddingTables] = {};
  const int64_t* ids[kEmbeddingTables] = {};  // [tokens] each
  int64_t num_rows[kEmbeddingTables] = {};    // of each table
  float* sums = nullptr;                      // [tokens, hidden]
  int64_t hidden = 0;
};

// sums[token] = the sum of the tables' rows of its ids, added in the order of the tables. Queues one kernel
// on `stream` (a cudaStream_t) for device pointers and returns its cudaError_t. An id outside its table fails
// a device assertion.
int embedding_sum_cuda(const EmbeddingSum& op, int64_t tokens, void* stream);

// The same as scatter_add_rows, from ids in ascending order, so that tokens of one id are adjacent.
struct SortedScatter {
  const float* grad = nullptr;          // [tokens, hidden]
  const int64_t* sorted_ids = nullptr;  // [tokens]
  const int64_t* order = nullptr;       // [tokens]: the token of each entry of sorted_ids
  float* table_grad = nullptr;
  float* scratch = nullptr;  // [scatter_chunks(tokens), 2, hidden]
  int64_t tokens = 0;
  int64_t hidden = 0;
};

constexpr int64_t kTokensOfChunk = 32;
constexpr int64_t scatter_chunks(int64_t tokens) {
  return (tokens + kTokensOfChunk - 1) / kTokensOfChunk;
}

// Queues kernels on `stream` and returns their cudaError_t. Sums run within chunks of sorted tokens, then
// chunk after chunk: their order depends only on the ids.
int scatter_add_rows_cuda(const SortedScatter& op, void* stream);

}  // namespace rpp
