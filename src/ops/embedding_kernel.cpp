#include "embedding_kernel.h"

namespace rpp {

void gather_add_rows(const float* table, const int64_t* ids, float* sums, int64_t hidden, int64_t begin,
                     int64_t end) {
  for (int64_t token = begin; token < end; ++token) {
    const float* __restrict row = table + ids[token] * hidden;
    float* __restrict to = sums + token * hidden;
    for (int64_t i = 0; i < hidden; ++i) to[i] += row[i];
  }
}

void scatter_add_rows(const float* grad, const int64_t* ids, int64_t tokens, float* table_grad,
                      int64_t hidden, int64_t first, int64_t last) {
  for (int64_t token = 0; token < tokens; ++token) {
    const float* __restrict row = grad + token * hidden;
    float* __restrict to = table_grad + ids[token] * hidden;
    for (int64_t i = first; i < last; ++i) to[i] += row[i];
  }
}

}  // namespace rpp
