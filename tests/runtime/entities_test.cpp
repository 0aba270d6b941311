#include "runtime/entities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/labels.h"

namespace rpp {
namespace {

const std::vector<std::string> kLabels = {"O", "B-PER", "I-PER", "B-LOC", "I-LOC", "E-ORG", "DATE", "B-O"};

// The logits of a token: `value` for the best label, 0.5 less for the second, 0 for the others.
struct Row {
  size_t best = 0, second = 0;
  float value = 0;
  bool continues_word = false;
};
constexpr Row kRows[] = {
    {1, 2, 3, false}, {2, 1, 2, true},  {2, 0, 1, false}, {1, 2, 2, false}, {0, 1, 1, true}, {6, 0, 2, false},
    {6, 1, 3, true},  {5, 6, 1, false}, {5, 0, 2, false}, {3, 4, 2, false}, {4, 3, 3, true}, {3, 0, 1, true},
    {4, 3, 2, false}, {7, 0, 2, false}, {2, 1, 1, false}, {4, 2, 2, true},  {0, 3, 3, false}};

struct Found {
  uint32_t begin = 0, end = 0;
  std::string label;
  double score = 0;
};

void expect_entities(Aggregation aggregation, const std::vector<Found>& wanted) {
  std::vector<std::vector<float>> probabilities;
  for (const Row& row : kRows) {
    auto& logits = probabilities.emplace_back(kLabels.size(), 0.0F);
    logits[row.best] = row.value, logits[row.second] = row.value - 0.5F;
    softmax(std::span(logits));
  }
  std::vector<TaggedToken> tokens;
  for (uint32_t i = 0; i < std::size(kRows); ++i) {
    tokens.push_back({.span = {2 * i, 2 * i + 1},
                      .continues_word = kRows[i].continues_word,
                      .probabilities = probabilities[i]});
  }
  const std::vector<Entity> found = find_entities(tokens, kLabels, aggregation);
  ASSERT_EQ(found.size(), wanted.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].span, (TextSpan{wanted[i].begin, wanted[i].end})) << i;
    EXPECT_EQ(found[i].label, wanted[i].label) << i;
    EXPECT_NEAR(found[i].score, wanted[i].score, 2e-6) << i;
  }
}

// Expected values: aggregate() of TokenClassificationPipeline in transformers 5.17, without "O".
TEST(FindEntities, NoneKeepsEveryTokenWithItsTag) {
  expect_entities(Aggregation::none, {{0, 1, "B-PER", 0.524865},
                                      {2, 3, "I-PER", 0.413472},
                                      {4, 5, "I-PER", 0.262205},
                                      {6, 7, "B-PER", 0.413472},
                                      {10, 11, "DATE", 0.413472},
                                      {12, 13, "DATE", 0.524865},
                                      {14, 15, "E-ORG", 0.262205},
                                      {16, 17, "E-ORG", 0.413472},
                                      {18, 19, "B-LOC", 0.413472},
                                      {20, 21, "I-LOC", 0.524865},
                                      {22, 23, "B-LOC", 0.262205},
                                      {24, 25, "I-LOC", 0.413472},
                                      {26, 27, "B-O", 0.413472},
                                      {28, 29, "I-PER", 0.262205},
                                      {30, 31, "I-LOC", 0.413472}});
}

TEST(FindEntities, SimpleJoinsNeighboursUpToTheNextB) {
  expect_entities(Aggregation::simple, {{0, 5, "PER", 0.400181},
                                        {6, 7, "PER", 0.413472},
                                        {10, 13, "DATE", 0.469168},
                                        {14, 17, "ORG", 0.337839},
                                        {18, 21, "LOC", 0.469168},
                                        {22, 25, "LOC", 0.337839},
                                        {28, 29, "PER", 0.262205},
                                        {30, 31, "LOC", 0.413472}});
}

TEST(FindEntities, FirstTagsAWordByItsFirstToken) {
  expect_entities(Aggregation::first, {{0, 5, "PER", 0.393535},
                                       {6, 9, "PER", 0.413472},
                                       {10, 13, "DATE", 0.413472},
                                       {14, 17, "ORG", 0.337839},
                                       {18, 25, "LOC", 0.413472},
                                       {28, 31, "PER", 0.262205}});
}

TEST(FindEntities, AverageTagsAWordByTheMeanOfItsTokens) {
  expect_entities(Aggregation::average, {{0, 5, "PER", 0.325015},
                                         {6, 9, "PER", 0.286254},
                                         {10, 13, "DATE", 0.469168},
                                         {14, 17, "ORG", 0.337839},
                                         {18, 25, "LOC", 0.372407},
                                         {28, 31, "PER", 0.256494}});
}

TEST(FindEntities, MaxTagsAWordByItsMostProbableToken) {
  expect_entities(Aggregation::max, {{0, 5, "PER", 0.393535},
                                     {6, 9, "PER", 0.413472},
                                     {10, 13, "DATE", 0.524865},
                                     {14, 17, "ORG", 0.337839},
                                     {18, 25, "LOC", 0.469168},
                                     {28, 31, "LOC", 0.413472}});
}

TEST(FindEntities, NoTokensNoEntities) {
  EXPECT_TRUE(find_entities({}, kLabels, Aggregation::simple).empty());
  EXPECT_TRUE(find_entities({}, kLabels, Aggregation::max).empty());
}

}  // namespace
}  // namespace rpp
