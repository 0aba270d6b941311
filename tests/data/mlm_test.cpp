#include "data/mlm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

using Ids = std::vector<int32_t>;

class Mlm : public testing::Test {
 protected:
  // [CLS] w0 w1 ... [SEP]
  Ids sentence(int32_t num_words) const {
    Ids ids = {tokenizer_.special().cls};
    for (int32_t word = 0; word < num_words; ++word) ids.push_back(5 + 2 * word);
    ids.push_back(tokenizer_.special().sep);
    return ids;
  }
  size_t num_hidden(int32_t num_words, const MaskOptions& options = {}) const {
    Ids ids = sentence(num_words);
    Rng rng(1);
    return mask_tokens(ids, options, vocabulary_, rng).positions.size();
  }

  const FakeTokenizer tokenizer_;
  const MaskVocabulary vocabulary_{tokenizer_};
};

// Five standard deviations of a count of `draws` with this probability.
double tolerance(double draws, double chance) {
  return 5 * std::sqrt(draws * chance * (1 - chance));
}

TEST_F(Mlm, FifteenPercentRoundedAreMasked) {
  EXPECT_EQ(num_hidden(100), 15U);
  EXPECT_EQ(num_hidden(30), 5U);  // 15 % is 4.5
  EXPECT_EQ(num_hidden(29), 4U);  // 15 % is 4.35
}

TEST_F(Mlm, AtLeastOneAndAtMostMaxPredictionsAreMasked) {
  EXPECT_EQ(num_hidden(1), 1U);
  EXPECT_EQ(num_hidden(400), 20U);
  EXPECT_EQ(num_hidden(400, {.max_predictions = 76}), 60U);
}

TEST_F(Mlm, LabelsAreTheOriginalIds) {
  const Ids original = sentence(100);
  Ids ids = original;
  Rng rng(2);
  const MaskedTokens masked = mask_tokens(ids, {}, vocabulary_, rng);
  ASSERT_EQ(masked.labels.size(), masked.positions.size());
  EXPECT_TRUE(std::is_sorted(masked.positions.begin(), masked.positions.end()));
  for (size_t i = 0; i < masked.labels.size(); ++i) {
    ids[static_cast<size_t>(masked.positions[i])] = masked.labels[i];
  }
  EXPECT_EQ(ids, original);
}

TEST_F(Mlm, OrdinaryPositionsAreEquallyLikelyAndSpecialTokensAreNeverMasked) {
  constexpr int kRounds = 20000;
  std::map<int32_t, int> counts;
  Rng rng(3);
  for (int round = 0; round < kRounds; ++round) {
    Ids ids = sentence(20);
    for (const int32_t position : mask_tokens(ids, {}, vocabulary_, rng).positions) ++counts[position];
  }
  EXPECT_EQ(counts.size(), 20U);
  EXPECT_EQ(counts.count(0) + counts.count(21), 0U);
  for (const auto& [position, count] : counts) {
    EXPECT_NEAR(count, kRounds * 0.15, tolerance(kRounds, 0.15)) << "position " << position;
  }
}

TEST_F(Mlm, EightyPercentBecomeMaskTenStayTenBecomeRandom) {
  double masked = 0, kept = 0, replaced = 0;
  Rng rng(4);
  for (int round = 0; round < 5000; ++round) {
    Ids ids = sentence(130);
    const MaskedTokens tokens = mask_tokens(ids, {}, vocabulary_, rng);
    for (size_t i = 0; i < tokens.labels.size(); ++i) {
      const int32_t id = ids[static_cast<size_t>(tokens.positions[i])];
      ++(id == vocabulary_.mask_id() ? masked : id == tokens.labels[i] ? kept : replaced);
    }
  }
  const double same_by_chance = 1.0 / (tokenizer_.size() - 4);
  EXPECT_EQ(masked + kept + replaced, 100000);
  EXPECT_NEAR(masked, 80000, tolerance(100000, 0.8));
  EXPECT_NEAR(kept, 10000 + 10000 * same_by_chance, tolerance(100000, 0.1));
  EXPECT_NEAR(replaced, 10000 - 10000 * same_by_chance, tolerance(100000, 0.1));
}

TEST_F(Mlm, RandomReplacementsAreUniformOverOrdinaryPieces) {
  const FakeTokenizer small(15);
  const MaskVocabulary vocabulary(small);
  std::map<int32_t, int> counts;
  Rng rng(5);
  for (int draw = 0; draw < 110000; ++draw) ++counts[vocabulary.random_id(rng)];
  EXPECT_EQ(counts.size(), 11U);  // [UNK] and ten pieces
  for (const auto& [id, count] : counts) {
    EXPECT_FALSE(vocabulary.is_special(id)) << id;
    EXPECT_NEAR(count, 10000, tolerance(110000, 1.0 / 11)) << id;
  }
}

TEST_F(Mlm, OnlySpecialTokensLeaveNothingToMask) {
  const SpecialTokens& special = tokenizer_.special();
  Ids ids = {special.cls, special.sep, special.mask, special.pad};
  Rng rng(6);
  EXPECT_TRUE(mask_tokens(ids, {.rate = 1}, vocabulary_, rng).positions.empty());
}

TEST_F(Mlm, WholeWordsAreMaskedTogether) {
  const Ids original = tokenizer_.encode("w1 ##w2 w3 w4 ##w5 ##w6 w7 w8 ##w9 w10 w11 ##w12");
  const std::vector<std::set<int32_t>> words = {{0, 1}, {2}, {3, 4, 5}, {6}, {7, 8}, {9}, {10, 11}};
  Rng rng(7);
  for (int round = 0; round < 200; ++round) {
    Ids ids = original;
    const auto positions =
        mask_tokens(ids, {.rate = 0.4, .whole_word = true}, vocabulary_, rng).positions;  // 5 of 12
    const std::set<int32_t> hidden(positions.begin(), positions.end());
    EXPECT_LE(hidden.size(), 5U);
    for (const auto& word : words) {
      const auto num_hidden_pieces =
          std::count_if(word.begin(), word.end(), [&](int32_t position) { return hidden.count(position); });
      EXPECT_TRUE(num_hidden_pieces == 0 || num_hidden_pieces == static_cast<int64_t>(word.size()));
    }
  }
}

TEST_F(Mlm, AWordWithTooManyPiecesIsSkipped) {
  Ids ids = tokenizer_.encode("w1 ##w2 ##w3");
  Rng rng(8);
  EXPECT_TRUE(mask_tokens(ids, {.whole_word = true, .max_predictions = 2}, vocabulary_, rng).labels.empty());
}

TEST_F(Mlm, AContinuationAfterASeparatorStartsAWord) {
  Ids ids = tokenizer_.encode("w1 ##w2");
  ids.push_back(tokenizer_.special().sep);
  tokenizer_.encode_into("##w3", ids);
  Rng rng(9);
  const auto positions = mask_tokens(ids, {.rate = 0.3, .whole_word = true}, vocabulary_, rng).positions;
  EXPECT_EQ(positions, Ids{3});  // one token may be masked, and the other word has two
}

TEST_F(Mlm, TheReplacementIsDrawnPerPiece) {
  int mixed = 0;
  Rng rng(10);
  for (int round = 0; round < 1000; ++round) {
    Ids ids = tokenizer_.encode("w1 ##w2");
    mask_tokens(ids, {.rate = 1, .whole_word = true}, vocabulary_, rng);
    mixed += (ids[0] == vocabulary_.mask_id()) != (ids[1] == vocabulary_.mask_id());
  }
  EXPECT_NEAR(mixed, 320, tolerance(1000, 0.32));  // 2 * 0.8 * 0.2
}

}  // namespace
}  // namespace rpp
