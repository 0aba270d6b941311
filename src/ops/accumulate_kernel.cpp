#include "accumulate_kernel.h"

#include "simd.h"

namespace rpp {
namespace {

template <typename T>
RPP_INLINE void add_loop(const T* __restrict values, float* __restrict sums, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) sums[i] += to_float(values[i]);
}

template <typename T>
RPP_INLINE void add_rows_loop(const Rows<const T>& matrix, float* sums, int64_t begin, int64_t end) {
  for (int64_t row = 0; row < matrix.rows; ++row) {
    add_loop(matrix.values + row * matrix.stride, sums, begin, end);
  }
}

}  // namespace

RPP_CLONES void add_into(const float* values, float* sums, int64_t begin, int64_t end) {
  add_loop(values, sums, begin, end);
}
RPP_CLONES void add_into(const uint16_t* values, float* sums, int64_t begin, int64_t end) {
  add_loop(values, sums, begin, end);
}
RPP_CLONES void add_rows_into(const Rows<const float>& matrix, float* sums, int64_t begin, int64_t end) {
  add_rows_loop(matrix, sums, begin, end);
}
RPP_CLONES void add_rows_into(const Rows<const uint16_t>& matrix, float* sums, int64_t begin, int64_t end) {
  add_rows_loop(matrix, sums, begin, end);
}

}  // namespace rpp
