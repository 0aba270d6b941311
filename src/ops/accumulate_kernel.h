// Sums into fp32 gradients. T is float, or uint16_t for bf16 bits.
#pragma once

#include <cstdint>

namespace rpp {

// sums[i] += values[i] for elements [begin, end).
void add_into(const float* values, float* sums, int64_t begin, int64_t end);
void add_into(const uint16_t* values, float* sums, int64_t begin, int64_t end);

// sums[column] += each of the rows of a [rows, columns] matrix in their order, for columns [begin, end).
void add_rows_into(const float* values, float* sums, int64_t rows, int64_t columns, int64_t begin,
                   int64_t end);
void add_rows_into(const uint16_t* values, float* sums, int64_t rows, int64_t columns, int64_t begin,
                   int64_t end);

}  // namespace rpp
