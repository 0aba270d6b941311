// The columns of a head as matrices for bf16 dot products, and sums back into bf16 columns: for
// attention_dot_kernel.cpp alone. In intrinsics, because it rounds with AVX512_BF16 and transposes with
// bf16_dot.h.
#pragma once

#include <cstdint>

#include "attention_kernel.h"
#include "bf16_dot.h"
#include "head_columns.h"

#if RPP_HAS_DOT_CODE

namespace rpp {
namespace {

constexpr int64_t words_of(int64_t dim) {
  return (dim + 1) / 2;
}

// The sizes of a task, and the allocation of its scratch.
class DotWorkspace {
 public:
  DotWorkspace(int64_t tokens, float* scratch)
      : length(tokens),
        rows(round_up(tokens, kDotRows)),
        padded_length(round_up(tokens, kDotLanes)),
        next_(reinterpret_cast<float*>((reinterpret_cast<uintptr_t>(scratch) + 63) / 64 * 64)) {}

  WordMatrix words(int64_t num_rows, int64_t stride) {
    return {reinterpret_cast<uint32_t*>(take(num_rows, stride)), round_up(stride, kDotLanes)};
  }
  FloatMatrix floats(int64_t num_rows, int64_t stride) {
    return {take(num_rows, stride), round_up(stride, kDotLanes)};
  }

  const int64_t length;
  const int64_t rows;           // whole blocks of query tokens
  const int64_t padded_length;  // whole vectors of key tokens

 private:
  float* take(int64_t num_rows, int64_t stride) {
    float* const piece = next_;
    next_ += num_rows * round_up(stride, kDotLanes);
    return piece;
  }

  float* next_;
};

// 16 columns of a row starting at `column`, zeros beyond the matrix.
RPP_DOT __m256i load_columns(const Columns<const uint16_t>& from, int64_t length, int64_t row,
                             int64_t column) {
  const __mmask16 mask = row < length ? lanes_before(from.dim, column) : __mmask16{0};
  return _mm256_maskz_loadu_epi16(mask, from.first + row * from.stride + column);
}

// Rows of words along the columns: [rows, words_of(dim)], padded with rows of zeros.
RPP_DOT void pack_rows(const Columns<const uint16_t>& from, const DotWorkspace& space, const WordMatrix& to) {
  for (int64_t row = 0; row < space.rows; ++row) {
    for (int64_t word = 0; word < words_of(from.dim); word += kDotLanes / 2) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to.words + row * to.stride + word),
                          load_columns(from, space.length, row, 2 * word));
    }
  }
}

// Words along the columns, transposed: [words_of(dim) rounded up to whole vectors, padded_length].
RPP_DOT void pack_transposed(const Columns<const uint16_t>& from, const DotWorkspace& space,
                             const WordMatrix& to) {
  for (int64_t token = 0; token < space.padded_length; token += kDotLanes) {
    for (int64_t word = 0; word < words_of(from.dim); word += kDotLanes) {
      __m512i square[kDotLanes];
#pragma GCC unroll 16
      for (int64_t i = 0; i < kDotLanes; ++i) {
        const __m256i low = load_columns(from, space.length, token + i, 2 * word);
        const __m256i high = load_columns(from, space.length, token + i, 2 * word + kDotLanes);
        square[i] = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
      }
      transpose_square(square);
#pragma GCC unroll 16
      for (int64_t i = 0; i < kDotLanes; ++i) {
        _mm512_storeu_si512(to.words + (word + i) * to.stride + token, square[i]);
      }
    }
  }
}

// Words along the tokens: [rows / 2, dim rounded up to whole vectors].
RPP_DOT void pack_token_pairs(const Columns<const uint16_t>& from, const DotWorkspace& space,
                              const WordMatrix& to) {
  for (int64_t pair = 0; pair < space.rows / 2; ++pair) {
    for (int64_t column = 0; column < from.dim; column += kDotLanes) {
      const __m512i low = _mm512_cvtepu16_epi32(load_columns(from, space.length, 2 * pair, column));
      const __m512i high = _mm512_cvtepu16_epi32(load_columns(from, space.length, 2 * pair + 1, column));
      _mm512_storeu_si512(to.words + pair * to.stride + column,
                          _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
    }
  }
}

RPP_DOT void store_columns(const Columns<uint16_t>& to, int64_t row, int64_t column, __m512 values) {
  _mm256_mask_storeu_epi16(to.first + row * to.stride + column, lanes_before(to.dim, column),
                           (__m256i)_mm512_cvtneps_pbh(values));
}

RPP_DOT void store_row(const float* from, float factor, int64_t row, const Columns<uint16_t>& to) {
  for (int64_t column = 0; column < to.dim; column += kDotLanes) {
    store_columns(to, row, column, _mm512_mul_ps(_mm512_loadu_ps(from + column), _mm512_set1_ps(factor)));
  }
}

// from [dim rounded up to whole vectors, padded_length]
RPP_DOT void store_transposed(const FloatMatrix& from, float factor, const DotWorkspace& space,
                              const Columns<uint16_t>& to) {
  for (int64_t token = 0; token < space.length; token += kDotLanes) {
    for (int64_t column = 0; column < to.dim; column += kDotLanes) {
      __m512i square[kDotLanes];
#pragma GCC unroll 16
      for (int64_t i = 0; i < kDotLanes; ++i) {
        square[i] = _mm512_loadu_si512(from.values + (column + i) * from.stride + token);
      }
      transpose_square(square);
#pragma GCC unroll 16
      for (int64_t i = 0; i < kDotLanes; ++i) {
        if (token + i < space.length) {
          store_columns(to, token + i, column,
                        _mm512_mul_ps(_mm512_castsi512_ps(square[i]), _mm512_set1_ps(factor)));
        }
      }
    }
  }
}

}  // namespace
}  // namespace rpp

#endif
