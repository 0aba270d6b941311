#include "data/sample_rows.h"

#include <algorithm>
#include <numeric>

#include "core/rng.h"

namespace rpp {
namespace {

constexpr uint64_t kRowStream = 0x726f7773;  // separates this stream from others of the same seed

}  // namespace

std::vector<int64_t> sample_rows(int64_t count, int64_t limit, uint64_t seed) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  if (limit == 0 || limit >= count) return rows;
  const auto key = [seed](int64_t row) { return std::pair(mix_key(seed, kRowStream, row), row); };
  std::ranges::nth_element(rows, rows.begin() + limit, {}, key);
  rows.resize(static_cast<size_t>(limit));
  std::ranges::sort(rows);
  return rows;
}

}  // namespace rpp
