// bf16 matmuls with the processor's dot instruction (AVX512_BF16), for blocks that fit the caches.
//
// In intrinsics: Highway 1.0.3 does not have this instruction and would convert to fp32 first.
//
// A word is two bf16 that are adjacent along the inner dimension of a matmul. Functions marked RPP_DOT may
// run only if has_bf16_dot() is true.
#pragma once

#include <algorithm>
#include <cstdint>

#if defined(__x86_64__)
#define RPP_HAS_DOT_CODE 1
#include <immintrin.h>
// GCC 12 warns about the undefined registers of its own intrinsics.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#define RPP_DOT_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma,bmi2")))
#define RPP_DOT RPP_DOT_TARGET __attribute__((always_inline)) inline
#else
#define RPP_HAS_DOT_CODE 0
#endif

namespace rpp {

#if RPP_HAS_DOT_CODE

inline bool has_bf16_dot() {
  return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bf16");
}

constexpr int64_t kDotLanes = 16;  // words, or floats, of a vector
constexpr int64_t kDotRows = 8;    // rows of a matmul computed at a time

constexpr int64_t round_up(int64_t n, int64_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

// The lanes of a vector at `first` that are before `end`.
RPP_DOT __mmask16 lanes_before(int64_t end, int64_t first) {
  const int64_t left = std::clamp<int64_t>(end - first, 0, kDotLanes);
  return static_cast<__mmask16>(_bzhi_u32(0xFFFF, static_cast<uint32_t>(left)));
}

// Words, row-major: [rows, stride].
struct WordMatrix {
  uint32_t* words = nullptr;
  int64_t stride = 0;
};

// Floats, row-major, the stride a multiple of kDotLanes.
struct FloatMatrix {
  float* values = nullptr;
  int64_t stride = 0;
};

// The left side of a matmul, word (row, k) at row * row_stride + k * inner_stride.
struct DotLeft {
  const uint32_t* words = nullptr;
  int64_t row_stride = 0;
  int64_t inner_stride = 1;
};

template <int kVectors>
RPP_DOT void dot_block(const DotLeft& left, const uint32_t* right, int64_t right_stride, float* out,
                       int64_t out_stride, int64_t inner) {
  __m512 sums[kDotRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kDotRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm512_setzero_ps();
  }
  for (int64_t k = 0; k < inner; ++k) {
    __m512bh columns[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      columns[v] = (__m512bh)_mm512_loadu_si512(right + k * right_stride + v * kDotLanes);
    }
#pragma GCC unroll 8
    for (int r = 0; r < kDotRows; ++r) {
      const auto row = (__m512bh)_mm512_set1_epi32(
          static_cast<int>(left.words[r * left.row_stride + k * left.inner_stride]));
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm512_dpbf16_ps(sums[r][v], row, columns[v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kDotRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      _mm512_storeu_ps(out + r * out_stride + v * kDotLanes, sums[r][v]);
    }
  }
}

// out [kDotRows, columns] = left [kDotRows, inner words] right [inner words, columns]; columns is a multiple
// of kDotLanes.
RPP_DOT void dot_rows(const DotLeft& left, const WordMatrix& right, const FloatMatrix& out, int64_t columns,
                      int64_t inner) {
  int64_t column = 0;
  for (; column + 2 * kDotLanes <= columns; column += 2 * kDotLanes) {
    dot_block<2>(left, right.words + column, right.stride, out.values + column, out.stride, inner);
  }
  if (column < columns) {
    dot_block<1>(left, right.words + column, right.stride, out.values + column, out.stride, inner);
  }
}

// Swaps the off-diagonal blocks of squares of 2 * kSize words.
template <int kSize>
RPP_DOT void exchange_blocks(__m512i rows[kDotLanes]) {
  const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i size = _mm512_set1_epi32(kSize), of_second = _mm512_set1_epi32(kDotLanes);
  const __mmask16 is_upper = _mm512_test_epi32_mask(lane, size);
  const __m512i first = _mm512_mask_add_epi32(lane, is_upper, _mm512_sub_epi32(lane, size), of_second);
  const __m512i second = _mm512_mask_add_epi32(_mm512_add_epi32(lane, size), is_upper, lane, of_second);
#pragma GCC unroll 16
  for (int row = 0; row < kDotLanes; ++row) {
    if (row & kSize) continue;
    const __m512i a = rows[row], b = rows[row + kSize];
    rows[row] = _mm512_permutex2var_epi32(a, first, b);
    rows[row + kSize] = _mm512_permutex2var_epi32(a, second, b);
  }
}

// Transposes 16 x 16 words.
RPP_DOT void transpose_square(__m512i rows[kDotLanes]) {
  exchange_blocks<1>(rows);
  exchange_blocks<2>(rows);
  exchange_blocks<4>(rows);
  exchange_blocks<8>(rows);
}

// e^x = 2^y for y = x log2(e), y <= 0 or slightly above. Relative error below 3e-7; results below 2^-126 are
// 0. Cheaper than fast_exp: the caller's scale contains the factor log2(e), and scalef needs no clamps.
RPP_DOT __m512 power_of_two(__m512 y) {
  const __m512 whole = _mm512_roundscale_ps(y, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 r = _mm512_sub_ps(y, whole);  // |r| <= 1/2
  // The series of e^(r ln 2): the first omitted term is (ln(2) / 2)^7 / 7! < 2e-7.
  __m512 series = _mm512_set1_ps(1.5403530e-4F);
  series = _mm512_fmadd_ps(series, r, _mm512_set1_ps(1.3333558e-3F));
  series = _mm512_fmadd_ps(series, r, _mm512_set1_ps(9.6181291e-3F));
  series = _mm512_fmadd_ps(series, r, _mm512_set1_ps(5.5504109e-2F));
  series = _mm512_fmadd_ps(series, r, _mm512_set1_ps(2.4022651e-1F));
  series = _mm512_fmadd_ps(series, r, _mm512_set1_ps(6.9314718e-1F));
  series = _mm512_fmadd_ps(series, r, _mm512_set1_ps(1.0F));
  return _mm512_scalef_ps(series, whole);
}

// Packs two rows of floats into words: row 0 in the lower halves, row 1 in the upper.
RPP_DOT __m512i interleave(__m512bh rows) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7,
                                         22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(order, (__m512i)rows);
}

#endif  // RPP_HAS_DOT_CODE

}  // namespace rpp
