#include "data/glue_features.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

using Ids = std::vector<int32_t>;

std::string words(int64_t count, char number) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) text += fmt::format("w{} ", number);
  return text;
}

EncodedExample encode(const GlueExample& example, int64_t max_seq_length) {
  const Texts texts = example.text_b.empty() ? Texts::single : Texts::pair;
  return encode_glue(std::span(&example, 1), texts, FakeTokenizer(), max_seq_length).front();
}

TEST(EncodeGlue, ASingleTextIsClsTextSep) {
  const EncodedExample encoded = encode({.text_a = "w1 w2", .label = 1}, 128);
  EXPECT_EQ(encoded.ids, (Ids{2, 7, 9, 3}));
  EXPECT_EQ(encoded.type_ids, (Ids{0, 0, 0, 0}));
  EXPECT_EQ(encoded.label, 1);
}

TEST(EncodeGlue, APairHasTypeOneAfterTheFirstSep) {
  const EncodedExample encoded = encode({.text_a = "w1", .text_b = "w2 w3", .score = 2.5F}, 128);
  EXPECT_EQ(encoded.ids, (Ids{2, 7, 3, 9, 11, 3}));
  EXPECT_EQ(encoded.type_ids, (Ids{0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(encoded.score, 2.5F);
}

TEST(EncodeGlue, ARowOfAPairTaskIsAlwaysAPair) {
  const std::vector<GlueExample> examples = {{.text_a = "w1"}, {.text_a = "w1", .text_b = "w2"}};
  for (const size_t count : {1, 2}) {
    const auto encoded = encode_glue(std::span(examples).first(count), Texts::pair, FakeTokenizer(), 128);
    EXPECT_EQ(encoded[0].ids, (Ids{2, 7, 3, 3})) << count;
    EXPECT_EQ(encoded[0].type_ids, (Ids{0, 0, 0, 1})) << count;
  }
  EXPECT_EQ(encode_glue(examples, Texts::single, FakeTokenizer(), 128)[1].ids, (Ids{2, 7, 3}));
}

TEST(EncodeGlue, TheColumnsOfATaskDetermineWhetherItHasPairs) {
  EXPECT_EQ(texts_of(glue_task("sst2")), Texts::single);
  EXPECT_EQ(texts_of(glue_task("rte")), Texts::pair);
  GlueTask custom;
  EXPECT_EQ(texts_of(custom), Texts::single);
  custom.columns.text_b = "body";
  EXPECT_EQ(texts_of(custom), Texts::pair);
}

TEST(EncodeGlue, CountsTheTextsThatLoseTokens) {
  const std::vector<GlueExample> examples = {{.text_a = words(6, '1')}, {.text_a = words(7, '1')}, {}};
  EXPECT_EQ(num_cut(encode_glue(examples, Texts::single, FakeTokenizer(), 8)), 1);  // 8 with [CLS] and [SEP]
  EXPECT_EQ(num_cut(encode_glue(examples, Texts::single, FakeTokenizer(), 9)), 0);
  EXPECT_EQ(num_cut(encode_glue(examples, Texts::pair, FakeTokenizer(), 9)), 1);  // needs a second [SEP]
}

TEST(EncodeGlue, ALongSingleTextIsTruncatedAtItsEnd) {
  EXPECT_EQ(encode({.text_a = "w1 w2 w3 w4 w5 w6 w7"}, 8).ids, (Ids{2, 7, 9, 11, 13, 15, 17, 3}));
}

TEST(EncodeGlue, PairsAreTruncatedLikeLongestFirstInTokenizers) {
  struct Case {
    int64_t first, second, max_seq_length, kept_first, kept_second;
  };
  // tokenizers 0.23.3: enable_truncation(max_seq_length, strategy="longest_first"), three special tokens.
  const Case cases[] = {{3, 4, 10, 3, 4},   {3, 4, 9, 3, 3},    {10, 2, 10, 5, 2}, {2, 10, 10, 2, 5},
                        {10, 10, 10, 3, 4}, {10, 10, 11, 4, 4}, {9, 4, 10, 4, 3},  {4, 9, 10, 3, 4},
                        {9, 4, 12, 5, 4},   {4, 9, 12, 4, 5},   {5, 5, 11, 4, 4},  {5, 4, 11, 4, 4},
                        {4, 5, 11, 4, 4},   {3, 20, 8, 2, 3},   {20, 3, 8, 3, 2},  {0, 20, 8, 0, 5},
                        {30, 30, 8, 2, 3}};
  for (const Case& c : cases) {
    const GlueExample pair{.text_a = words(c.first, '1'), .text_b = words(c.second, '2')};
    const Ids ids = encode(pair, c.max_seq_length).ids;
    EXPECT_EQ(std::count(ids.begin(), ids.end(), 7), c.kept_first) << c.first << " + " << c.second;
    EXPECT_EQ(std::count(ids.begin(), ids.end(), 9), c.kept_second) << c.first << " + " << c.second;
  }
}

TEST(EncodeGlue, TheResultDoesNotDependOnTheNumberOfThreads) {
  std::vector<GlueExample> examples;
  for (int i = 0; i < 100; ++i) examples.push_back({.text_a = words(i % 30, '1'), .label = i % 2});
  const auto one = encode_glue(examples, Texts::single, FakeTokenizer(), 16, 1);
  const auto three = encode_glue(examples, Texts::single, FakeTokenizer(), 16, 3);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].ids, three[i].ids);
}

TEST(EncodeGlue, ATooSmallLengthIsRefused) {
  EXPECT_EQ(message_of([] { encode({.text_a = "w1"}, 7); }), "max_seq_length is 7, it must be at least 8");
}

TEST(MakeBatch, PacksTheExamplesOfTheIndicesInTheirOrder) {
  const std::vector<EncodedExample> examples = {{{2, 7, 3}, {0, 0, 0}, 1}, {{2, 3, 9, 3}, {0, 0, 1, 1}, 0}};
  const std::vector<int64_t> indices = {1, 0};
  const PackedBatch batch = make_batch(examples, indices, false);
  EXPECT_EQ(batch.input_ids, (Ids{2, 3, 9, 3, 2, 7, 3}));
  EXPECT_EQ(batch.token_type_ids, (Ids{0, 0, 1, 1, 0, 0, 0}));
  EXPECT_EQ(batch.position_ids, (Ids{0, 1, 2, 3, 0, 1, 2}));
  EXPECT_EQ(batch.cu_seqlens, (Ids{0, 4, 7}));
  EXPECT_EQ(batch.labels, (Ids{0, 1}));
  EXPECT_TRUE(batch.scores.empty());
}

TEST(MakeBatch, RegressionBatchesHaveScoresInsteadOfLabels) {
  const std::vector<EncodedExample> examples = {{{2, 3}, {0, 0}, 0, 3.5F}};
  const std::vector<int64_t> indices = {0};
  const PackedBatch batch = make_batch(examples, indices, true);
  EXPECT_EQ(batch.scores, std::vector<float>{3.5F});
  EXPECT_TRUE(batch.labels.empty());
}

TEST(EpochOrder, IsAPermutation) {
  std::vector<int64_t> order = epoch_order(100, 42, 0);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (int64_t i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(EpochOrder, IsAFunctionOfSeedAndEpoch) {
  EXPECT_EQ(epoch_order(100, 42, 3), epoch_order(100, 42, 3));
  EXPECT_NE(epoch_order(100, 42, 3), epoch_order(100, 42, 4));
  EXPECT_NE(epoch_order(100, 42, 3), epoch_order(100, 43, 3));
  EXPECT_TRUE(epoch_order(0, 42, 0).empty());
}

}  // namespace
}  // namespace rpp
