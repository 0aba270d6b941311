#include "tokenizer/pair_merges.h"

#include <gmock/gmock.h>

#include "core/rng.h"

namespace rpp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Ids = std::vector<int32_t>;

Ids merged(const PairMerges& merges, const Ids& symbols) {
  Ids ids;
  merges.merge_into(symbols, ids);
  return ids;
}

// The reference implementation: tries every merge in order, from the left.
Ids merged_slowly(const std::vector<Merge>& merges, Ids word) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const Merge& merge : merges) {
      const auto is_pair = [&](int32_t a, int32_t b) { return a == merge.left && b == merge.right; };
      const auto place = std::ranges::adjacent_find(word, is_pair);
      if (place == word.end()) continue;
      *place = merge.merged;
      word.erase(place + 1);
      changed = true;
      break;
    }
  }
  return word;
}

TEST(PairMerges, ThePairOfTheLowestRankIsJoinedFirst) {
  const PairMerges merges({{2, 3, 10}, {1, 2, 11}, {1, 10, 12}});
  EXPECT_THAT(merged(merges, {1, 2, 3}), ElementsAre(12));
  EXPECT_THAT(merged(merges, {1, 2, 1}), ElementsAre(11, 1));
}

TEST(PairMerges, OfEqualPairsTheLeftmostIsJoined) {
  EXPECT_THAT(merged(PairMerges({{1, 1, 2}}), {1, 1, 1}), ElementsAre(2, 1));
}

TEST(PairMerges, OfAMergeThatIsListedTwiceTheLastCounts) {
  const PairMerges merges({{1, 2, 10}, {2, 3, 11}, {1, 2, 10}});
  EXPECT_THAT(merged(merges, {1, 2, 3}), ElementsAre(1, 11));
}

TEST(PairMerges, NothingIsMadeOfNothing) {
  EXPECT_THAT(merged(PairMerges({}), {}), IsEmpty());
  EXPECT_THAT(merged(PairMerges({}), {7, 7}), ElementsAre(7, 7));
}

TEST(PairMerges, WordsOfEveryLengthAreMergedAsByTheReference) {
  std::vector<Merge> list;
  for (int32_t left = 0; left < 8; ++left) {
    for (int32_t right = 0; right < 8; right += 1 + left % 3) {
      list.push_back({left, right, 8 + static_cast<int32_t>(list.size())});
    }
  }
  const auto num_pairs = static_cast<int32_t>(list.size());
  for (int32_t i = 0; i + 1 < num_pairs; i += 2) list.push_back({8 + i, 9 + i, 8 + num_pairs + i});
  Rng rng(1);
  rng.shuffle(std::span(list));
  const PairMerges merges(list);
  for (size_t size = 0; size < 2 * PairMerges::kMaxScanned + 5; ++size) {
    Ids word;
    for (size_t i = 0; i < size; ++i) word.push_back(static_cast<int32_t>(rng.below(8)));
    EXPECT_EQ(merged(merges, word), merged_slowly(list, word)) << size;
  }
}

}  // namespace
}  // namespace rpp
