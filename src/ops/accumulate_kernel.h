// Sums into fp32 gradients. T is float, or uint16_t for bf16 bits.
#pragma once

#include <cstdint>

#include "rows.h"

namespace rpp {

// sums[i] += values[i] for elements [begin, end).
void add_into(const float* values, float* sums, int64_t begin, int64_t end);
void add_into(const uint16_t* values, float* sums, int64_t begin, int64_t end);

// sums[column] += each of the rows in order, for columns [begin, end).
void add_rows_into(const Rows<const float>& matrix, float* sums, int64_t begin, int64_t end);
void add_rows_into(const Rows<const uint16_t>& matrix, float* sums, int64_t begin, int64_t end);

// The same for all columns of device memory: queues kernels on `stream` (a cudaStream_t) and returns their
// cudaError_t. Rows are summed in chunks, then chunk after chunk: the order depends only on `rows`. `scratch`
// has room for [row_chunks(rows), columns] floats.
constexpr int64_t kRowsOfChunk = 256;
constexpr int64_t row_chunks(int64_t rows) {
  return (rows + kRowsOfChunk - 1) / kRowsOfChunk;
}
int add_rows_into_cuda(const Rows<const float>& matrix, float* sums, float* scratch, void* stream);
int add_rows_into_cuda(const Rows<const uint16_t>& matrix, float* sums, float* scratch, void* stream);

}  // namespace rpp
