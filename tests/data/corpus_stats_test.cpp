#include "data/corpus_stats.h"

#include <gtest/gtest.h>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

class Stats : public testing::Test {
 protected:
  CorpusStats stats_of(std::string_view text, int64_t num_pairs) const {
    build_shards({.inputs = {dir_.write("corpus.txt", text)}, .output_dir = dir_ / "shards"}, tokenizer_);
    return corpus_stats(ShardSet({dir_ / "shards"}, fake_fingerprint()), tokenizer_, {}, num_pairs);
  }
  const TestDir dir_{testing::UnitTest::GetInstance()->current_test_info()->name()};
  const FakeTokenizer tokenizer_;
};

TEST_F(Stats, CountsTheContentsOfTheShards) {
  const CorpusStats stats = stats_of("w0 w1 nope\nw2\n\nw3 w4 w5 w6 w7 w8 w9 what\n", 1);
  EXPECT_EQ(stats.documents, 2);
  EXPECT_EQ(stats.sentences, 3);
  EXPECT_EQ(stats.tokens, 12);
  EXPECT_EQ(stats.unknown, 2);
  EXPECT_EQ(stats.longest_sentence, 8);
  EXPECT_EQ(stats.length_histogram[0], 2);
  EXPECT_EQ(stats.length_histogram[1], 1);
}

TEST_F(Stats, TheLastBucketHoldsEveryLongerSentence) {
  std::string sentence;
  for (int i = 0; i < 1000; ++i) sentence += "w1 ";
  const CorpusStats stats = stats_of("w0\n\n" + sentence + "\n", 1);
  EXPECT_EQ(stats.length_histogram.back(), 1);
  EXPECT_EQ(stats.longest_sentence, 1000);
}

TEST_F(Stats, PairsEqualThoseThatARunDraws) {
  const CorpusStats stats = stats_of(corpus_text(10, 100), 2500);
  EXPECT_EQ(stats.sampled_pairs, 2500);
  EXPECT_NEAR(static_cast<double>(stats.random_pairs), 1250, 125);  // five standard deviations
  EXPECT_NEAR(stats.masked_share, 0.15, 0.01);
  EXPECT_GT(stats.mean_pair_length, 100);
  EXPECT_LE(stats.mean_pair_length, 128);
}

TEST(FormatStats, ShowsEachNumberWithItsUnit) {
  CorpusStats stats{.documents = 2, .sentences = 4, .tokens = 1234, .unknown = 1, .longest_sentence = 200};
  stats.length_histogram = {3, 0, 1};
  stats.sampled_pairs = 1000;
  stats.random_pairs = 499;
  stats.masked_share = 0.1499;
  stats.mean_pair_length = 117.25;
  const std::string text = format_stats(stats);
  for (const char* part :
       {"documents                         2\n", "tokens                        1,234\n",
        "unknown                           1  (0.0810 % of the tokens)\n",
        "                  0 to 7           3  75.0 %\n", "             128 or more           0   0.0 %\n",
        "1,000 sampled pairs: 49.9 % random next sentences, 117.2 tokens each, 15.0 % of them masked\n"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << text;
  }
}

}  // namespace
}  // namespace rpp
