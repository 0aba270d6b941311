// Attention with bf16 matmuls and fp32 sums, a block of kDotRows query tokens at a time. Scores and
// probabilities of a block stay in the L1 cache; only what the gradients of keys and values need is kept for
// the whole task, in bf16. In intrinsics, because it works on the results of bf16_dot.h in registers.
#include "attention_kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "bf16_dot.h"
#include "dot_packing.h"
#include "head_columns.h"

namespace rpp {

#if RPP_HAS_DOT_CODE

namespace {

constexpr float kLog2E = 1.44269504088896341F;
constexpr float kLn2 = 0.693147180559945309F;

// Draws a row's dropout mask, 16 keys at a time, starting at the first.
class KeptKeys {
 public:
  RPP_DOT KeptKeys(const DropoutRule& rule, int64_t token, int64_t head, int64_t num_heads)
      : is_active_(rule.active()), dropped_below_(_mm512_set1_epi32(static_cast<int>(rule.dropped_below))) {
    const uint64_t first = rule.seed + (attention_index(token, head, num_heads, 0) / 2 + 1) * kGoldenGamma;
    const __m512i lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    const __m512i gamma = _mm512_set1_epi64(static_cast<int64_t>(kGoldenGamma));
    state_ =
        _mm512_add_epi64(_mm512_set1_epi64(static_cast<int64_t>(first)), _mm512_mullo_epi64(lane, gamma));
  }

  // As dropout_factor: a draw's lower half is for the even key, its upper half for the odd one.
  RPP_DOT __mmask16 next() {
    if (!is_active_) return 0xFFFF;
    __m512i x = state_;
    state_ = _mm512_add_epi64(state_, _mm512_set1_epi64(static_cast<int64_t>(8 * kGoldenGamma)));
    x = _mm512_xor_si512(x, _mm512_srli_epi64(x, 30));
    x = _mm512_mullo_epi64(x, _mm512_set1_epi64(static_cast<int64_t>(0xbf58476d1ce4e5b9ULL)));
    x = _mm512_xor_si512(x, _mm512_srli_epi64(x, 27));
    x = _mm512_mullo_epi64(x, _mm512_set1_epi64(static_cast<int64_t>(0x94d049bb133111ebULL)));
    x = _mm512_xor_si512(x, _mm512_srli_epi64(x, 31));
    return _mm512_cmpge_epu32_mask(x, dropped_below_);
  }

 private:
  bool is_active_;
  __m512i dropped_below_;
  __m512i state_;
};

// The factor of a score such that 2^x is the exponential of the scaled score.
inline float log2_scale(const AttentionShape& shape) {
  return shape.scale * kLog2E;
}

// Of a query token's scores times log2(e): the maximum, and the sum of the powers of two relative to it.
struct SoftmaxRow {
  float largest = 0.0F;
  float sum = 0.0F;
};

// Converts the scores of two query tokens to probabilities, not yet divided by the sum, with dropout applied.
// Two at a time, to hide the latency of their sums. `row` is the first of them.
RPP_DOT void powers_of_pair(const AttentionShape& shape, const AttentionTask& task, const DotWorkspace& space,
                            int64_t row, const FloatMatrix& scores, const WordMatrix& powers,
                            SoftmaxRow* softmax) {
  const __m512 factor = _mm512_set1_ps(log2_scale(shape));
  KeptKeys kept[2] = {{shape.dropout, task.begin + row, task.head, shape.num_heads},
                      {shape.dropout, task.begin + row + 1, task.head, shape.num_heads}};
  __m512 largest[2], sums[2];
  largest[0] = largest[1] = _mm512_set1_ps(-std::numeric_limits<float>::infinity());
  for (int64_t j = 0; j < space.padded_length; j += kDotLanes) {
    const __mmask16 mask = lanes_before(space.length, j);
#pragma GCC unroll 2
    for (int r = 0; r < 2; ++r) {
      const __m512 scaled = _mm512_mul_ps(_mm512_loadu_ps(scores.values + r * scores.stride + j), factor);
      largest[r] = _mm512_mask_max_ps(largest[r], mask, largest[r], scaled);
    }
  }
#pragma GCC unroll 2
  for (int r = 0; r < 2; ++r) {
    softmax[r].largest = _mm512_reduce_max_ps(largest[r]);
    largest[r] = _mm512_set1_ps(softmax[r].largest);
    sums[r] = _mm512_setzero_ps();
  }
  for (int64_t j = 0; j < space.padded_length; j += kDotLanes) {
    const __mmask16 mask = lanes_before(space.length, j);
#pragma GCC unroll 2
    for (int r = 0; r < 2; ++r) {
      const __m512 score = _mm512_loadu_ps(scores.values + r * scores.stride + j);
      const __m512 power = power_of_two(_mm512_fmsub_ps(score, factor, largest[r]));
      sums[r] = _mm512_mask_add_ps(sums[r], mask, sums[r], power);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(powers.words + r * powers.stride + j / 2),
                          (__m256i)_mm512_maskz_cvtneps_pbh(mask & kept[r].next(), power));
    }
  }
  softmax[0].sum = _mm512_reduce_add_ps(sums[0]);
  softmax[1].sum = _mm512_reduce_add_ps(sums[1]);
}

// The backward pass's data for a block of kDotRows query tokens.
struct ScoreBlock {
  FloatMatrix scores;      // then probabilities
  FloatMatrix grads;       // of the dropped probabilities, then multiplied by these
  WordMatrix score_grads;  // rows of bf16
};

// Words of two query tokens each, for the whole task: [rows / 2, padded_length].
struct TokenPairs {
  WordMatrix dropped;
  WordMatrix score_grads;
};

// With P the probabilities, F the dropout factors and G = dO V^T:
//   dV = (P F)^T dO,   dS = P (F G - rowsum(P F G)),   dQ = dS K scale,   dK = dS^T Q scale.
// F is 0 or kept_scale, and all of this is linear in it: here it is 0 or 1, and kept_scale is applied when
// the gradients are stored. `row` is the first of two query tokens of the task, `in_block` its row of the
// block.
RPP_DOT void differentiate_pair(const AttentionShape& shape, const AttentionBackward<uint16_t>& op,
                                const AttentionTask& task, const DotWorkspace& space, int64_t row,
                                int64_t in_block, const ScoreBlock& block, const TokenPairs& pairs) {
  const __m512 factor = _mm512_set1_ps(log2_scale(shape));
  const int64_t token = task.begin + row;
  KeptKeys kept[2] = {{shape.dropout, token, task.head, shape.num_heads},
                      {shape.dropout, token + 1, task.head, shape.num_heads}};
  float *scores[2], *grads[2];
  __m512 offsets[2], totals[2];
  int64_t lengths[2];  // 0: there is no such token
#pragma GCC unroll 2
  for (int r = 0; r < 2; ++r) {
    const bool exists = row + r < space.length;
    const float log_sum_exp = exists ? op.log_sum_exp[(token + r) * shape.num_heads + task.head] : 0.0F;
    offsets[r] = _mm512_set1_ps(log_sum_exp * kLog2E);
    totals[r] = _mm512_setzero_ps();
    lengths[r] = exists ? space.length : 0;
    scores[r] = block.scores.values + (in_block + r) * block.scores.stride;
    grads[r] = block.grads.values + (in_block + r) * block.grads.stride;
  }
  uint32_t* const dropped_words = pairs.dropped.words + row / 2 * pairs.dropped.stride;
  for (int64_t j = 0; j < space.padded_length; j += kDotLanes) {
    __m512 dropped[2];
#pragma GCC unroll 2
    for (int r = 0; r < 2; ++r) {
      const __m512 power = power_of_two(_mm512_fmsub_ps(_mm512_loadu_ps(scores[r] + j), factor, offsets[r]));
      const __m512 prob = _mm512_maskz_mov_ps(lanes_before(lengths[r], j), power);
      dropped[r] = _mm512_maskz_mov_ps(kept[r].next(), prob);
      const __m512 weighted = _mm512_mul_ps(dropped[r], _mm512_loadu_ps(grads[r] + j));
      totals[r] = _mm512_add_ps(totals[r], weighted);
      _mm512_storeu_ps(scores[r] + j, prob);
      _mm512_storeu_ps(grads[r] + j, weighted);
    }
    _mm512_storeu_si512(dropped_words + j, interleave(_mm512_cvtne2ps_pbh(dropped[1], dropped[0])));
  }
  totals[0] = _mm512_set1_ps(_mm512_reduce_add_ps(totals[0]));
  totals[1] = _mm512_set1_ps(_mm512_reduce_add_ps(totals[1]));
  uint32_t* const first = block.score_grads.words + in_block * block.score_grads.stride;
  uint32_t* const second = first + block.score_grads.stride;
  uint32_t* const words = pairs.score_grads.words + row / 2 * pairs.score_grads.stride;
  for (int64_t j = 0; j < space.padded_length; j += kDotLanes) {
    __m512 score_grads[2];
#pragma GCC unroll 2
    for (int r = 0; r < 2; ++r) {
      score_grads[r] =
          _mm512_fnmadd_ps(_mm512_loadu_ps(scores[r] + j), totals[r], _mm512_loadu_ps(grads[r] + j));
    }
    const __m512bh rounded = _mm512_cvtne2ps_pbh(score_grads[1], score_grads[0]);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(first + j / 2), _mm512_castsi512_si256((__m512i)rounded));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(second + j / 2),
                        _mm512_extracti64x4_epi64((__m512i)rounded, 1));
    _mm512_storeu_si512(words + j, interleave(rounded));
  }
}

DotLeft row_block(const WordMatrix& matrix, int64_t row) {
  return {matrix.words + row * matrix.stride, matrix.stride, 1};
}

// columns^T pairs: [dim of `columns` rounded up to whole vectors, padded_length], summed over the task's
// tokens.
RPP_DOT void dot_over_tokens(const WordMatrix& columns, const WordMatrix& pairs, const DotWorkspace& space,
                             const FloatMatrix& out) {
  for (int64_t column = 0; column < columns.stride; column += kDotRows) {
    const DotLeft left = {columns.words + column, 1, columns.stride};
    dot_rows(left, pairs, {out.values + column * out.stride, out.stride}, space.padded_length,
             words_of(space.length));
  }
}

int64_t scratch_size(const AttentionShape& shape, int64_t length) {
  const int64_t rows = round_up(length, kDotRows), padded = round_up(length, kDotLanes);
  const int64_t query = round_up(shape.query_key_dim, kDotLanes);
  const int64_t value = round_up(shape.value_dim, kDotLanes);
  const int64_t query_words = round_up(words_of(shape.query_key_dim), kDotLanes);
  const int64_t value_words = round_up(words_of(shape.value_dim), kDotLanes);
  const int64_t larger = std::max(query, value);
  return (rows + padded) * (query_words + value_words) +     // rows of q and dO, k and v transposed
         rows / 2 * (2 * query + value + 2 * padded) +       // pairs of q, k, dO, dS and P F
         kDotRows * (3 * padded + larger) + larger * padded  // a block's scores, and results
         + kDotLanes;                                        // to start at a whole vector
}

RPP_DOT_TARGET void forward(const AttentionShape& shape, const AttentionForward<uint16_t>& op,
                            const AttentionTask& task, float* scratch) {
  DotWorkspace space(task.end - task.begin, scratch);
  const auto columns = columns_of(shape, task, op.qkv);
  const auto out = context_columns(shape, task, op.out);
  const int64_t query_words = words_of(shape.query_key_dim);
  const auto query = space.words(space.rows, query_words);
  const auto key = space.words(round_up(query_words, kDotLanes), space.padded_length);
  const auto value = space.words(space.rows / 2, shape.value_dim);
  const auto scores = space.floats(kDotRows, space.padded_length);
  const auto powers = space.words(kDotRows, words_of(space.padded_length));
  const auto context = space.floats(kDotRows, shape.value_dim);
  pack_rows(columns.query, space, query);
  pack_transposed(columns.key, space, key);
  pack_token_pairs(columns.value, space, value);
  for (int64_t first = 0; first < space.rows; first += kDotRows) {
    const int64_t block_rows = std::min(kDotRows, space.length - first);
    SoftmaxRow softmax[kDotRows];
    dot_rows(row_block(query, first), key, scores, space.padded_length, query_words);
    for (int64_t r = 0; r < kDotRows; r += 2) {
      powers_of_pair(shape, task, space, first + r, {scores.values + r * scores.stride, scores.stride},
                     {powers.words + r * powers.stride, powers.stride}, softmax + r);
    }
    dot_rows(row_block(powers, 0), value, context, context.stride, words_of(space.length));
    for (int64_t r = 0; r < block_rows; ++r) {
      const auto [largest, sum] = softmax[r];
      op.log_sum_exp[(task.begin + first + r) * shape.num_heads + task.head] = largest * kLn2 + std::log(sum);
      store_row(context.values + r * context.stride, shape.dropout.kept_scale / sum, first + r, out);
    }
  }
}

RPP_DOT_TARGET void backward(const AttentionShape& shape, const AttentionBackward<uint16_t>& op,
                             const AttentionTask& task, float* scratch) {
  DotWorkspace space(task.end - task.begin, scratch);
  const auto columns = columns_of(shape, task, op.qkv);
  const auto gradients = columns_of(shape, task, op.dqkv);
  const auto dout_columns = context_columns(shape, task, op.dout);
  const int64_t query_words = words_of(shape.query_key_dim), value_words = words_of(shape.value_dim);
  const auto query = space.words(space.rows, query_words), dout = space.words(space.rows, value_words);
  const auto key = space.words(round_up(query_words, kDotLanes), space.padded_length);
  const auto value = space.words(round_up(value_words, kDotLanes), space.padded_length);
  const auto query_pairs = space.words(space.rows / 2, shape.query_key_dim);
  const auto key_pairs = space.words(space.rows / 2, shape.query_key_dim);
  const auto dout_pairs = space.words(space.rows / 2, shape.value_dim);
  const TokenPairs pairs = {.dropped = space.words(space.rows / 2, space.padded_length),
                            .score_grads = space.words(space.rows / 2, space.padded_length)};
  const ScoreBlock block = {.scores = space.floats(kDotRows, space.padded_length),
                            .grads = space.floats(kDotRows, space.padded_length),
                            .score_grads = space.words(kDotRows, words_of(space.padded_length))};
  const auto query_grad = space.floats(kDotRows, shape.query_key_dim);
  const auto sums =
      space.floats(round_up(std::max(shape.query_key_dim, shape.value_dim), kDotLanes), space.padded_length);
  pack_rows(columns.query, space, query);
  pack_rows(dout_columns, space, dout);
  pack_transposed(columns.key, space, key);
  pack_transposed(columns.value, space, value);
  pack_token_pairs(columns.query, space, query_pairs);
  pack_token_pairs(columns.key, space, key_pairs);
  pack_token_pairs(dout_columns, space, dout_pairs);
  const float kept_scale = shape.dropout.kept_scale;
  for (int64_t first = 0; first < space.rows; first += kDotRows) {
    dot_rows(row_block(query, first), key, block.scores, space.padded_length, query_words);
    dot_rows(row_block(dout, first), value, block.grads, space.padded_length, value_words);
    for (int64_t r = 0; r < kDotRows; r += 2) {
      differentiate_pair(shape, op, task, space, first + r, r, block, pairs);
    }
    dot_rows(row_block(block.score_grads, 0), key_pairs, query_grad, query_grad.stride,
             words_of(space.length));
    for (int64_t r = 0; r < std::min(kDotRows, space.length - first); ++r) {
      store_row(query_grad.values + r * query_grad.stride, shape.scale * kept_scale, first + r,
                gradients.query);
    }
  }
  dot_over_tokens(query_pairs, pairs.score_grads, space, sums);
  store_transposed(sums, shape.scale * kept_scale, space, gradients.key);
  dot_over_tokens(dout_pairs, pairs.dropped, space, sums);
  store_transposed(sums, kept_scale, space, gradients.value);
}

}  // namespace

std::optional<AttentionKernels<uint16_t>> attention_dot_kernels() {
  if (!has_bf16_dot()) return {};
  return AttentionKernels<uint16_t>{scratch_size, forward, backward};
}

#else

std::optional<AttentionKernels<uint16_t>> attention_dot_kernels() {
  return {};
}

#endif  // RPP_HAS_DOT_CODE

}  // namespace rpp
