#include "runs/step_window.h"

#include <gtest/gtest.h>

namespace rpp::test {
namespace {

StepResult step(double loss, double learning_rate, int64_t tokens) {
  return {.applied = true,
          .learning_rate = learning_rate,
          .grad_norm = 10 * loss,
          .tokens = tokens,
          .metrics = {{"loss", loss}}};
}

TEST(StepWindow, AveragesItsStepsAndReportsTheLastLearningRate) {
  StepWindow window;
  window.add(step(1, 0.1, 100), 2);
  window.add(step(3, 0.2, 300), 2);
  window.add(step(5, 0.3, 200), 1);
  EXPECT_EQ(window.means(),
            (Metrics{{"loss", 3}, {"learning_rate", 0.3}, {"grad_norm", 50}, {"tokens_per_second", 120}}));
}

TEST(StepWindow, ASkippedStepTakesTimeAndHasNoLoss) {
  StepWindow window;
  window.add(step(2, 0.1, 100), 1);
  auto skipped = step(1e9, 0.2, 100);
  skipped.applied = false;
  window.add(skipped, 3);
  window.add(step(4, 0.3, 100), 1);
  EXPECT_EQ(window.means().at("loss"), 3);
  EXPECT_EQ(window.means().at("tokens_per_second"), 60);
}

TEST(StepWindow, TakingClearsTheSumsAndKeepsTheLastStep) {
  StepWindow window;
  EXPECT_TRUE(window.last_means().empty());
  window.add(step(1, 0.1, 100), 1);
  const Metrics first = window.take();
  EXPECT_EQ(window.last_means(), first);
  EXPECT_EQ(window.means(), (Metrics{{"learning_rate", 0.1}, {"grad_norm", 10}, {"tokens_per_second", 0}}));
  window.add(step(7, 0.2, 50), 1);
  EXPECT_EQ(window.take().at("loss"), 7);
  EXPECT_EQ(window.last_means().at("tokens_per_second"), 50);
}

TEST(StepWindow, AWindowContinuesFromItsState) {
  StepWindow whole, before;
  for (auto* window : {&whole, &before}) window->add(step(1, 0.1, 100), 1);
  StepWindow after(before.state());
  for (auto* window : {&whole, &after}) window->add(step(2, 0.2, 300), 3);
  EXPECT_EQ(after.means(), whole.means());
}

TEST(StepWindow, TotalsCoverAllWindows) {
  StepWindow window;
  EXPECT_EQ(window.tokens_per_second(), 0);
  EXPECT_EQ(window.seconds_for(10), 0);
  for (const int64_t tokens : {100, 200, 600}) {
    window.add(step(1, 0.1, tokens), 2);
    window.take();
  }
  EXPECT_EQ(window.total_seconds(), 6);
  EXPECT_EQ(window.tokens_per_second(), 150);
  EXPECT_EQ(window.seconds_for(10), 20);
}

}  // namespace
}  // namespace rpp::test
