// Expected values: scikit-learn 1.9.1, f1_score with average "micro" and "macro" and zero_division 0, and
// accuracy_score.
#include "eval/multi_label.h"

#include <gtest/gtest.h>

#include <vector>

#include "message_of.h"

namespace rpp {
namespace {

using Flags = std::vector<uint8_t>;

void expect_scores(const Flags& predictions, const Flags& labels, int64_t num_labels,
                   const MultiLabelScores& wanted) {
  const MultiLabelScores scores = multi_label_scores(predictions, labels, num_labels);
  EXPECT_NEAR(scores.micro_f1, wanted.micro_f1, 1e-11);
  EXPECT_NEAR(scores.macro_f1, wanted.macro_f1, 1e-11);
  EXPECT_NEAR(scores.subset_accuracy, wanted.subset_accuracy, 1e-11);
}

TEST(MultiLabelScores, EqualScikitLearn) {
  expect_scores({1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0}, {1, 0, 1, 0, 1, 0, 0, 0, 0, 1, 1, 0}, 3,
                {0.8, 2. / 3, 0.5});
}

TEST(MultiLabelScores, ALabelThatDoesNotOccurCountsAsZeroInTheMacroF1) {
  expect_scores({1, 0, 0, 0, 1, 0}, {1, 0, 0, 1, 0, 0}, 3, {0.5, 2. / 9, 0.5});
}

TEST(MultiLabelScores, TextsWithoutLabelsMayAllBeRight) {
  expect_scores({0, 0, 0, 0}, {0, 0, 0, 0}, 2, {0, 0, 1});
}

TEST(MultiLabelScores, OfManyTextsEqualScikitLearn) {
  Flags predictions, labels;
  for (int i = 0; i < 30; ++i) {
    for (int j = 0; j < 5; ++j) {
      labels.push_back((i * i + 3 * j) % 4 == 0 ? 1 : 0);
      predictions.push_back((i * i + 3 * j + (i + j) % 7 / 5) % 4 == 0 ? 1 : 0);
    }
  }
  expect_scores(predictions, labels, 5, {0.767441860465, 0.485128205128, 0.466666666667});
}

TEST(MultiLabelScores, NeedADecisionForEachLabelOfEachText) {
  EXPECT_EQ(message_of([] {
              multi_label_scores(Flags{1}, Flags{1, 0}, 2);
            }),
            "1 predictions for 2 labels: the numbers must be equal");
  EXPECT_EQ(message_of([] {
              multi_label_scores(Flags{1, 1, 0}, Flags{1, 0, 0}, 2);
            }),
            "3 decisions for 2 labels of each text: a metric needs at least one text");
  EXPECT_EQ(message_of([] { multi_label_scores({}, {}, 2); }),
            "0 decisions for 2 labels of each text: a metric needs at least one text");
}

}  // namespace
}  // namespace rpp
