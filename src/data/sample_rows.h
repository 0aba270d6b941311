// A sample of the rows of a data set: max_train_samples, max_eval_samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace rpp {

// The seed of max_eval_samples: runs with several seeds are compared on the same rows.
inline constexpr uint64_t kEvalSampleSeed = 0;

// The indices of `limit` of `count` rows, ascending; all for limit 0 or beyond. Files are often sorted by
// label, so the first rows would all have one label. Every row has equal probability: the rows with the
// smallest of random keys, functions of (seed, row), are taken ("bottom-k", Cohen and Kaplan 2007), so a
// larger limit adds rows to a smaller sample.
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
