#include "predict/ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rpp {
namespace {

using testing::ElementsAre;

class Ranked : public testing::Test {
 protected:
  Ranking ranking(size_t top = 0) {
    return {top, [this](const TextLine& line, const Answer& answer) {
              found_.push_back(fmt::format("{} {} {}", line.text, *line.text_pair, answer.scores[0].second));
            }};
  }
  static void add(Ranking& ranking, const char* query, const char* text, double score) {
    Answer answer;
    answer.scores = {{"score", score}};
    ranking.add({.text = query, .text_pair = text}, answer);
  }

  std::vector<std::string> found_;
};

TEST_F(Ranked, TheTextsOfAQueryAreReportedBestFirst) {
  auto texts = ranking();
  add(texts, "q", "a", -1.5);
  add(texts, "q", "b", 2);
  add(texts, "q", "c", 0.5);
  EXPECT_TRUE(found_.empty());
  texts.finish();
  EXPECT_THAT(found_, ElementsAre("q b 2", "q c 0.5", "q a -1.5"));
}

TEST_F(Ranked, TextsWithEqualScoresKeepTheirOrder) {
  auto texts = ranking();
  for (const char* text : {"c", "a", "b"}) add(texts, "q", text, 1);
  texts.finish();
  EXPECT_THAT(found_, ElementsAre("q c 1", "q a 1", "q b 1"));
}

TEST_F(Ranked, EveryQueryHasItsOwnRanking) {
  auto texts = ranking();
  add(texts, "q", "a", 1);
  add(texts, "q", "b", 2);
  add(texts, "r", "c", 3);
  EXPECT_THAT(found_, ElementsAre("q b 2", "q a 1"));
  add(texts, "q", "d", 4);
  texts.finish();
  EXPECT_THAT(found_, ElementsAre("q b 2", "q a 1", "r c 3", "q d 4"));
}

TEST_F(Ranked, OnlyTheBestAreReported) {
  auto texts = ranking(1);
  add(texts, "q", "a", 1);
  add(texts, "q", "b", 2);
  texts.finish();
  EXPECT_THAT(found_, ElementsAre("q b 2"));
  texts.finish();
  EXPECT_EQ(found_.size(), 1U);
}

}  // namespace
}  // namespace rpp
