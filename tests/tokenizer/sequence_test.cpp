#include "tokenizer/sequence.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

using testing::ElementsAre;

// The numbers of tokens kept of a text and its pair, beside [CLS] and two [SEP].
struct Kept {
  int64_t first = 0, second = 0, lost = 0;
  bool operator==(const Kept&) const = default;
  friend void PrintTo(const Kept& kept, std::ostream* out) {
    *out << kept.first << " and " << kept.second << ", lost " << kept.lost;
  }
};

std::string words(int64_t count) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) text += "w1 ";
  return text;
}

Kept kept_of(int64_t first, int64_t second, int64_t max_tokens) {
  std::vector<int32_t> ids, type_ids;
  const int64_t lost =
      append_sequence(FakeTokenizer(), words(first), words(second), max_tokens, ids, type_ids);
  const auto of_second = std::count(type_ids.begin(), type_ids.end(), 1);
  return {std::ssize(ids) - of_second - 2, of_second - 1, lost};
}

TEST(AppendSequence, ATextIsBetweenClsAndSep) {
  std::vector<int32_t> ids = {9}, type_ids = {9};
  EXPECT_EQ(append_sequence(FakeTokenizer(), "w1 w2", std::nullopt, 8, ids, type_ids), 0);
  EXPECT_THAT(ids, ElementsAre(9, 2, 7, 9, 3));
  EXPECT_THAT(type_ids, ElementsAre(9, 0, 0, 0, 0));
}

TEST(AppendSequence, ALongTextIsTruncatedAtItsEnd) {
  std::vector<int32_t> ids, type_ids;
  EXPECT_EQ(append_sequence(FakeTokenizer(), "w0 w1 w2 w3 w4 w5 w6 w7", std::nullopt, 8, ids, type_ids), 2);
  EXPECT_THAT(ids, ElementsAre(2, 5, 7, 9, 11, 13, 15, 3));
}

// As LongestFirst of the tokenizers library: for an odd number the longer text keeps one more.
TEST(AppendSequence, TheLongerTextOfAPairIsTruncatedFirst) {
  EXPECT_EQ(kept_of(3, 4, 10), (Kept{3, 4, 0}));
  EXPECT_EQ(kept_of(2, 9, 10), (Kept{2, 5, 4}));
  EXPECT_EQ(kept_of(9, 2, 10), (Kept{5, 2, 4}));
  EXPECT_EQ(kept_of(8, 9, 10), (Kept{3, 4, 10}));
  EXPECT_EQ(kept_of(9, 8, 10), (Kept{4, 3, 10}));
  EXPECT_EQ(kept_of(9, 9, 10), (Kept{3, 4, 11}));
  EXPECT_EQ(kept_of(9, 9, 11), (Kept{4, 4, 10}));
  EXPECT_EQ(kept_of(0, 9, 10), (Kept{0, 7, 2}));
}

}  // namespace
}  // namespace rpp
