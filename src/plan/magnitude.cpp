// Radix selection: floats of one sign are ordered like their bits, so two histograms, of the upper and of the
// lower 16 bits, find the exact threshold in two passes over the scores without copying or sorting them.
#include "plan/magnitude.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <numeric>
#include <vector>

#include "core/parallel_for.h"
#include "rpp/error.h"

namespace rpp {
namespace {

constexpr int64_t kBuckets = int64_t{1} << 16;
constexpr int64_t kGrain = int64_t{1} << 20;  // minimum entries per thread
constexpr uint32_t kInfinity = 0x7f800000U;
constexpr uint32_t kSign = 0x80000000U;

using Histogram = std::vector<int64_t>;  // [kBuckets]

// A key with the order of the rank; adding zero turns -0 into +0.
uint32_t key_of(float score, RankBy rank_by) {
  const auto bits = std::bit_cast<uint32_t>(score + 0.0F);
  if (rank_by == RankBy::magnitude) return bits & ~kSign;
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

// Calls body(begin, end) over the entries of a matrix, on as many threads as are worthwhile.
template <typename Body>
void over_entries(const FlatMatrix& matrix, const Body& body) {
  const int64_t size = matrix.rows * matrix.cols;
  const int threads = static_cast<int>(std::clamp<int64_t>(size / kGrain, 1, default_num_threads()));
  parallel_for(size, threads,
               [&](int64_t begin, int64_t end) { body(matrix.offset + begin, matrix.offset + end); });
}

// Counts bucket(key) of every kept entry; bucket returns kBuckets for a key that does not count. Neighbours
// often share a bucket: two alternating tables avoid waiting for the previous count.
template <typename Bucket>
Histogram count_keys(std::span<const uint8_t> keep, std::span<const float> scores, const PruneGroup& group,
                     RankBy rank_by, const Bucket& bucket) {
  Histogram total(kBuckets + 1);
  std::mutex mutex;
  for (const auto& matrix : group.matrices) {
    over_entries(matrix, [&](int64_t begin, int64_t end) {
      std::vector<int64_t> even(kBuckets + 1), odd(kBuckets + 1);
      auto i = static_cast<size_t>(begin);
      for (; i + 1 < static_cast<size_t>(end); i += 2) {
        even[bucket(key_of(scores[i], rank_by))] += keep[i] != 0;
        odd[bucket(key_of(scores[i + 1], rank_by))] += keep[i + 1] != 0;
      }
      if (i < static_cast<size_t>(end)) even[bucket(key_of(scores[i], rank_by))] += keep[i] != 0;
      const std::lock_guard lock(mutex);
      for (size_t b = 0; b < total.size(); ++b) total[b] += even[b] + odd[b];
    });
  }
  return total;
}

struct Place {
  uint32_t bucket = 0;
  int64_t below = 0;  // entries in earlier buckets
};

// The bucket that contains the entry of this rank, from 0.
Place bucket_of_rank(const Histogram& counts, int64_t rank) {
  Place place;
  while (place.below + counts[place.bucket] <= rank) place.below += counts[place.bucket++];
  return place;
}

struct Threshold {
  uint32_t key = 0;
  int64_t ties = 0;  // entries equal to the threshold that are pruned, from the front
};

// For the `count` smallest kept entries. count >= 1. upper: histogram of the upper halves of their keys.
Threshold threshold_of(std::span<const uint8_t> keep, std::span<const float> scores, const PruneGroup& group,
                       const Histogram& upper, int64_t count, RankBy rank_by) {
  const Place high = bucket_of_rank(upper, count - 1);
  const auto lower = count_keys(keep, scores, group, rank_by, [&](uint32_t key) {
    return key >> 16 == high.bucket ? key & 0xffffU : static_cast<uint32_t>(kBuckets);
  });
  const Place low = bucket_of_rank(lower, count - 1 - high.below);
  return {.key = high.bucket << 16 | low.bucket, .ties = count - high.below - low.below};
}

bool is_finite(float score) {
  return (std::bit_cast<uint32_t>(score) & ~kSign) < kInfinity;
}

// Keys of infinity and NaN have distinct upper halves, which are searched only if present.
void check_finite(std::span<const uint8_t> keep, std::span<const float> scores, const PruneGroup& group,
                  const Histogram& upper, RankBy rank_by) {
  const auto bucket = [&](uint32_t bits) { return key_of(std::bit_cast<float>(bits), rank_by) >> 16; };
  auto strange = std::accumulate(upper.begin() + bucket(kInfinity), upper.end(), int64_t{0});
  if (rank_by == RankBy::value) {
    const auto negative = upper.begin() + bucket(kInfinity | kSign) + 1;
    strange = std::accumulate(upper.begin(), negative, strange);
  }
  if (strange == 0) return;
  for (const auto& matrix : group.matrices) {
    for (int64_t entry = matrix.offset; entry < matrix.offset + matrix.rows * matrix.cols; ++entry) {
      const auto i = static_cast<size_t>(entry);
      RPP_CHECK(keep[i] == 0 || is_finite(scores[i]),
                "cannot rank the weights of {}: some are not finite; resume from an earlier checkpoint",
                matrix.name);
    }
  }
}

}  // namespace

int64_t count_pruned(std::span<const uint8_t> keep, const PruneGroup& group) {
  int64_t pruned = 0;
  for (const auto& matrix : group.matrices) {
    const auto entries =
        keep.subspan(static_cast<size_t>(matrix.offset), static_cast<size_t>(matrix.rows * matrix.cols));
    pruned += std::count(entries.begin(), entries.end(), uint8_t{0});
  }
  return pruned;
}

void prune_smallest_into(std::span<uint8_t> keep, std::span<const float> scores, const PruneGroup& group,
                         int64_t target, RankBy rank_by) {
  const auto upper = count_keys(keep, scores, group, rank_by, [](uint32_t key) { return key >> 16; });
  check_finite(keep, scores, group, upper, rank_by);
  const int64_t kept = std::accumulate(upper.begin(), upper.end(), int64_t{0});
  const int64_t count = target - (group.size() - kept);
  if (count <= 0) return;
  Threshold threshold = threshold_of(keep, scores, group, upper, count, rank_by);
  for (const auto& matrix : group.matrices) {
    over_entries(matrix, [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
        keep[i] = static_cast<uint8_t>(keep[i] & (key_of(scores[i], rank_by) >= threshold.key));
      }
    });
    // Few entries equal the threshold: they are searched in order, only until enough are pruned.
    const auto end = static_cast<size_t>(matrix.offset + matrix.rows * matrix.cols);
    for (auto i = static_cast<size_t>(matrix.offset); i < end && threshold.ties > 0; ++i) {
      if (!keep[i] || key_of(scores[i], rank_by) != threshold.key) continue;
      keep[i] = 0;
      --threshold.ties;
    }
  }
}

}  // namespace rpp
