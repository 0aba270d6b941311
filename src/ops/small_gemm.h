// A matmul for blocks that fit the L2 cache: C = A B in fp32.
//
// B and C are row-major with rows padded to whole vectors; A is read through two strides, so a transposed A
// needs no copy.
#pragma once

#include <cstdint>

namespace rpp {

struct GemmA {
  const float* values = nullptr;
  int64_t row_stride = 0;
  int64_t column_stride = 1;
};

struct PaddedMatrix {
  float* values = nullptr;
  int64_t stride = 0;  // a multiple of kLanes
};

// C [rows, columns] = A [rows, inner] B [inner, columns]; columns is a multiple of kLanes of simd.h.
void small_gemm(const GemmA& a, const PaddedMatrix& b, const PaddedMatrix& c, int64_t rows, int64_t columns,
                int64_t inner);

}  // namespace rpp
