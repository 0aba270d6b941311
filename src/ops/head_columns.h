// The positions of a task's queries, keys and values, for all attention kernels.
#pragma once

#include "attention_kernel.h"
#include "simd.h"

namespace rpp {

// One head's part of a row-major matrix: `dim` columns of each of the task's rows.
template <typename T>
struct Columns {
  T* first = nullptr;
  int64_t stride = 0;
  int64_t dim = 0;
};

// The parts of qkv, or of its gradient.
template <typename T>
struct HeadColumns {
  Columns<T> query, key, value;
};

template <typename T>
RPP_INLINE HeadColumns<T> columns_of(const AttentionShape& shape, const AttentionTask& task, T* qkv) {
  const int64_t stride = shape.qkv_size(), dim = shape.query_key_dim;
  T* const row = qkv + task.begin * stride;
  T* const query = row + task.head * dim;
  return {.query = {query, stride, dim},
          .key = {query + shape.query_size(), stride, dim},
          .value = {row + 2 * shape.query_size() + task.head * shape.value_dim, stride, shape.value_dim}};
}

template <typename T>
RPP_INLINE Columns<T> context_columns(const AttentionShape& shape, const AttentionTask& task, T* context) {
  const int64_t stride = shape.context_size();
  return {context + task.begin * stride + task.head * shape.value_dim, stride, shape.value_dim};
}

}  // namespace rpp
