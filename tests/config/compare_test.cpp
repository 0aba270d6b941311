#include "config/compare.h"

#include <gtest/gtest.h>

#include "config/load.h"
#include "message_of.h"

namespace rpp {
namespace {

TEST(DifferingSettings, AreNamedWithBothValuesInTheOrderOfTheKeys) {
  PretrainConfig before, now;
  now.train.seed = 1;
  before.optimizer.learning_rate = 1e-4;
  now.optimizer.learning_rate = 5e-5;
  now.data.train = {"a", "b"};
  now.model = "bert";
  EXPECT_EQ(
      format_differences(differing_settings(to_yaml(before), "config.yaml", now)),
      "model was not set, now bert; data.train was [], now [a, b]; optimizer.learning_rate was 0.0001, now "
      "5.0e-05; train.seed was 42, now 1");
}

TEST(DifferingSettings, EqualConfigurationsHaveNone) {
  FinetuneConfig config;
  config.output_dir = "with: a colon";
  config.class_weights = {"entailment=2"};
  EXPECT_TRUE(differing_settings(to_yaml(config), "config.yaml", config).empty());
}

TEST(DifferingSettings, EqualValuesInDifferentNotationDoNotDiffer) {
  PretrainConfig now;
  now.optimizer.learning_rate = 1e-4;
  now.train.steps = 2000;
  EXPECT_TRUE(
      differing_settings("optimizer: {learning_rate: 0.00010}\ntrain:\n  steps: 2000\n", "config.yaml", now)
          .empty());
}

TEST(DifferingSettings, AMissingKeyHasItsDefault) {
  PretrainConfig now;
  EXPECT_TRUE(differing_settings("train: {seed: 42}", "config.yaml", now).empty());
  now.train.patience = 3;
  EXPECT_EQ(format_differences(differing_settings("train: {seed: 42}", "config.yaml", now)),
            "train.patience was 0, now 3");
}

TEST(DifferingSettings, ConfigurationsOfDifferentProgramsDiffer) {
  FinetuneConfig now;
  now.task = "sst2";
  EXPECT_EQ(
      format_differences(differing_settings(to_yaml(PretrainConfig()), "config.yaml", now)).substr(0, 34),
      "task was not set, now sst2; schedu");
}

TEST(DifferingSettings, ATextThatIsNotAConfigurationIsNamed) {
  EXPECT_EQ(message_of([] { differing_settings("- 1", "run/config.yaml", PretrainConfig()); }),
            "run/config.yaml is damaged: it holds no settings");
  EXPECT_EQ(message_of([] {
              differing_settings("a: [", "run/config.yaml", PretrainConfig());
            }).find("run/config.yaml is damaged: "),
            0U);
}

}  // namespace
}  // namespace rpp
