// A few rows of a data set instead of all: max_train_samples, max_eval_samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace rpp {

// The numbers of `limit` of `count` rows, ascending; of all for limit 0 or beyond. Files are often sorted by
// label, so that the first rows would be of one. Every row has an equal chance: those with the smallest of
// random keys, functions of (seed, row), are taken ("bottom-k", Cohen and Kaplan 2007), so that a larger
// limit adds rows to those of a smaller one.
std::vector<int64_t> sample_rows(int64_t count, int64_t limit, uint64_t seed);

// Moves the sampled rows to the front and drops the others.
template <typename Row>
void keep_sample(std::vector<Row>& rows, int64_t limit, uint64_t seed) {
  size_t kept = 0;
  for (const int64_t row : sample_rows(static_cast<int64_t>(rows.size()), limit, seed)) {
    if (static_cast<size_t>(row) != kept) rows[kept] = std::move(rows[static_cast<size_t>(row)]);
    ++kept;
  }
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(kept), rows.end());
}

}  // namespace rpp
