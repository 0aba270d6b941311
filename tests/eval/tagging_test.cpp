// Expected values: seqeval 1.2.2, precision_score, recall_score, f1_score and accuracy_score.
#include "eval/tagging.h"

#include <gtest/gtest.h>

#include "message_of.h"

namespace rpp {
namespace {

using Sentences = std::vector<std::vector<std::string>>;

struct Case {
  const char* name;
  Sentences labels, predictions;
  TaggingScores scores;
};

void PrintTo(const Case& of, std::ostream* out) {
  *out << of.name;
}

class TaggingScoresOf : public testing::TestWithParam<Case> {};

TEST_P(TaggingScoresOf, EqualSeqeval) {
  const Case& of = GetParam();
  const TaggingScores scores = tagging_scores(of.predictions, of.labels);
  EXPECT_NEAR(scores.precision, of.scores.precision, 1e-9);
  EXPECT_NEAR(scores.recall, of.scores.recall, 1e-9);
  EXPECT_NEAR(scores.f1, of.scores.f1, 1e-9);
  EXPECT_NEAR(scores.accuracy, of.scores.accuracy, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(
    , TaggingScoresOf,
    testing::Values(Case{"Iob2",
                         {{"B-PER", "I-PER", "O", "B-LOC"}, {"O", "B-ORG", "I-ORG", "I-ORG"}},
                         {{"B-PER", "I-PER", "O", "B-PER"}, {"B-ORG", "I-ORG", "I-ORG", "I-ORG"}},
                         {1. / 3, 1. / 3, 1. / 3, 0.625}},
                    Case{"Iob1",
                         {{"I-PER", "I-PER", "B-PER", "O", "I-LOC"}, {"I-LOC", "I-ORG"}},
                         {{"I-PER", "I-PER", "I-PER", "O", "I-LOC"}, {"I-LOC", "B-ORG"}},
                         {0.75, 0.6, 2. / 3, 5. / 7}},
                    Case{"Bioes",
                         {{"S-PER", "B-LOC", "I-LOC", "E-LOC", "O"}, {"B-ORG", "E-ORG", "S-PER", "S-PER"}},
                         {{"S-PER", "B-LOC", "E-LOC", "E-LOC", "O"}, {"B-ORG", "E-ORG", "B-PER", "I-PER"}},
                         {0.4, 0.4, 0.4, 2. / 3}},
                    Case{"Bilou",
                         {{"U-PER", "B-LOC", "L-LOC", "O", "U-PER"}},
                         {{"U-PER", "B-LOC", "L-LOC", "U-PER", "O"}},
                         {2. / 3, 2. / 3, 2. / 3, 0.6}},
                    Case{"ATypeThatChanges",
                         {{"B-PER", "I-LOC", "I-LOC", "B-LOC", "O"}},
                         {{"B-PER", "I-PER", "I-LOC", "I-LOC", "O"}},
                         {0, 0, 0, 0.6}},
                    Case{"TagsWithoutType",
                         {{"B", "I", "O", "B"}, {"I", "O"}},
                         {{"B", "I", "I", "O"}, {"I", "O"}},
                         {0.5, 1. / 3, 0.4, 2. / 3}},
                    Case{"PartsOfSpeech",
                         {{"DET", "NOUN", "NOUN", "VERB", ".", "O"}, {"NOUN", "ADV"}},
                         {{"DET", "NOUN", "ADJ", "VERB", ".", "NOUN"}, {"NOUN", "VERB"}},
                         {3. / 7, 0.6, 0.5, 0.625}},
                    Case{"TypesWithHyphens",
                         {{"B-art-work", "I-art-work", "O"}, {"B-art-book"}},
                         {{"B-art-work", "I-art-work", "I-art-book"}, {"B-art-book"}},
                         {2. / 3, 1, 0.8, 0.75}},
                    Case{"TagsOfOneLetter",
                         {{"N", "V", "N", "N"}, {"N", "V"}},
                         {{"N", "N", "N", "V"}, {"V", "N"}},
                         {0, 0, 0, 1. / 3}},
                    Case{"APrefixOfTwoBytes",
                         {{"\u00dcB-X", "\u00dcB-X", "O"}},
                         {{"\u00dcB-X", "O", "\u00dcB-X"}},
                         {0, 0, 0, 1. / 3}},
                    Case{"NothingToFind", {{"O", "O"}}, {{"O", "B-X"}}, {0, 0, 0, 0.5}},
                    Case{"NothingFound", {{"B-X", "O"}}, {{"O", "O"}}, {0, 0, 0, 0.5}}),
    [](const auto& info) { return std::string(info.param.name); });

// All pairs of prefixes and types follow each other.
TEST(TaggingScores, OfMixedSchemesEqualSeqeval) {
  const std::vector<std::string> tags = {"O",   "B-A", "I-A", "E-A", "S-A", "B-B", "I-B",
                                         "E-B", "S-B", "X",   "O-A", ".",   "N-A"};
  Sentences labels, predictions;
  for (size_t i = 0; i < 40; ++i) {
    labels.emplace_back();
    predictions.emplace_back();
    for (size_t j = 0; j < 3 + i % 6; ++j) {
      const size_t tag = i * 7 + j * j * 3 + i * j;
      labels.back().push_back(tags[tag % 13]);
      predictions.back().push_back(tags[(tag + ((i + 2 * j) % 5 == 0 ? 1 : 0)) % 13]);
    }
  }
  const TaggingScores scores = tagging_scores(predictions, labels);
  EXPECT_NEAR(scores.precision, 0.897435897436, 1e-11);
  EXPECT_NEAR(scores.recall, 0.891719745223, 1e-11);
  EXPECT_NEAR(scores.f1, 0.894568690096, 1e-11);
  EXPECT_NEAR(scores.accuracy, 0.800925925926, 1e-11);
}

TEST(TaggingScores, NeedAPredictionForEveryWord) {
  EXPECT_EQ(message_of([] {
              tagging_scores(Sentences{{"O"}}, Sentences{{"O"}, {"O"}});
            }),
            "1 sentences of predictions for 2 of labels");
  EXPECT_EQ(message_of([] {
              tagging_scores(Sentences{{"O"}, {"O"}}, Sentences{{"O"}, {"O", "O"}});
            }),
            "sentence 1: 1 predictions for 2 words");
  EXPECT_EQ(message_of([] { tagging_scores(Sentences{{}}, Sentences{{}}); }),
            "no tagged words: a metric needs at least one");
}

}  // namespace
}  // namespace rpp
