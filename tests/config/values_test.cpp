#include "config_files.h"

namespace rpp {
namespace {

using testing::Test;
using ValuesTest = ConfigFiles;

struct BadValue {
  std::string setting;  // key=value
  std::string complaint;

  friend void PrintTo(const BadValue& value, std::ostream* out) { *out << value.setting; }
};

class BadValues : public ConfigFiles, public testing::WithParamInterface<BadValue> {};

TEST_P(BadValues, AreRefusedWithAReadableMessage) {
  const auto& [setting, complaint] = GetParam();
  EXPECT_EQ(pretrain_error(kPretrain, {setting}), fmt::format("--set {}: {}", setting, complaint));
}

using BadValuesOfAFile = ConfigFiles;

TEST_F(BadValuesOfAFile, AreRefusedWithAReadableMessage) {
  const auto error = [&](const char* lines) { return pretrain_error(std::string(kPretrain) + lines); };
  EXPECT_EQ(error("train:\n  steps: [1, 2]\n"),
            "rpp.yaml:8: train.steps is a list, it must be a whole number");
  EXPECT_EQ(error("train:\n  steps: {a: 1}\n"),
            "rpp.yaml:8: train.steps is a section, it must be a whole number");
  EXPECT_EQ(error("train:\n  steps: ~\n"), "rpp.yaml:8: train.steps is empty, it must be a whole number");
  EXPECT_EQ(error("tokenizer: [a]\n"), "rpp.yaml:7: tokenizer is a list, it must be a text (\"\" for none)");
  EXPECT_EQ(error("prune:\n  exclude: {a: b}\n"), "rpp.yaml:8: prune.exclude must be a list: [a, b]");
}

INSTANTIATE_TEST_SUITE_P(
    All, BadValues,
    testing::Values(
        BadValue{"train.steps=ten", "train.steps is 'ten', it must be a whole number"},
        BadValue{"train.steps=10k", "train.steps is '10k', it must be a whole number"},
        BadValue{"train.steps=1.5", "train.steps is '1.5', it must be a whole number"},
        BadValue{"train.steps=\"5\"", "train.steps is the text \"5\", it must be a whole number"},
        BadValue{"train.steps=99999999999999999999",
                 "train.steps is '99999999999999999999', it must be a whole number"},
        BadValue{"train.steps=[1, 2]", "train.steps is '[1, 2]', it must be a whole number"},
        BadValue{"train.steps={a: 1}", "train.steps is '{a: 1}', it must be a whole number"},
        BadValue{"train.steps=~", "train.steps is '~', it must be a whole number"},
        BadValue{"train.steps=", "train.steps is '', it must be a whole number"},
        BadValue{"optimizer.learning_rate=fast", "optimizer.learning_rate is 'fast', it must be a number"},
        BadValue{"optimizer.learning_rate=nan", "optimizer.learning_rate is 'nan', it must be a number"},
        BadValue{"optimizer.learning_rate=1e999", "optimizer.learning_rate is '1e999', it must be a number"},
        BadValue{"data.next_sentence=yes", "data.next_sentence is 'yes', it must be true or false"},
        BadValue{"data.next_sentence=1", "data.next_sentence is '1', it must be true or false"},
        BadValue{"data.train=[[a], b]", "data.train must be a list of texts"},
        BadValue{"train.steps=0", "train.steps is 0, it must be at least 1"},
        BadValue{"train.num_threads=1025", "train.num_threads is 1025, it must be between 0 and 1024"},
        BadValue{"train.seed=-1", "train.seed is -1, it must be at least 0"},
        BadValue{"optimizer.epsilon=0", "optimizer.epsilon is 0, it must be more than 0"},
        BadValue{"optimizer.beta1=1", "optimizer.beta1 is 1, it must be at least 0 and less than 1"},
        BadValue{"data.short_seq_prob=1.5", "data.short_seq_prob is 1.5, it must be between 0 and 1"},
        BadValue{"data.mask_prob=1", "data.mask_prob is 1, it must be more than 0 and less than 1"},
        BadValue{"prune.first_round_share=0",
                 "prune.first_round_share is 0, it must be more than 0 and at most 1"},
        BadValue{"prune.method=rp",
                 "prune.method is 'rp', it must be dense, rpp, rpp_preconditioned, nip, gradual, one_shot, "
                 "movement, soft_movement or fixed (did you mean 'rpp'?)"},
        BadValue{"train.precision=bf-16",
                 "train.precision is 'bf-16', it must be fp32 or bf16 (did you mean 'bf16'?)"},
        BadValue{"train.kernels=slow", "train.kernels is 'slow', it must be fast or reference"}));

TEST_F(ValuesTest, OutOfRangeInAFileNamesTheLine) {
  EXPECT_EQ(pretrain_error(kPretrain + "train:\n  steps: 0\n"),
            "rpp.yaml:8: train.steps is 0, it must be at least 1");
}

TEST_F(ValuesTest, ANumberMayBeWrittenInAnyUsualForm) {
  const auto rate_of = [&](const std::string& text) {
    const std::vector<std::string> overrides = {"optimizer.learning_rate=" + text};
    return load_pretrain_config(file(kPretrain), overrides).optimizer.learning_rate;
  };
  EXPECT_EQ(rate_of("1e-4"), 1e-4);
  EXPECT_EQ(rate_of("0.0001"), 1e-4);
  EXPECT_EQ(rate_of("1.0E-4"), 1e-4);
  EXPECT_EQ(rate_of("3"), 3.0);
}

TEST_F(ValuesTest, ASingleStringIsAListOfOne) {
  const std::vector<std::string> overrides = {"data.valid=held-out"};
  const auto config = load_pretrain_config(file(kPretrain), overrides);
  EXPECT_EQ(config.data.train, std::vector<std::string>{"shards"});
  EXPECT_EQ(config.data.valid, std::vector<std::string>{"held-out"});
}

TEST_F(ValuesTest, ALaterOverrideWins) {
  const std::vector<std::string> overrides = {"train.steps=5", "optimizer.learning_rate=3e-5",
                                              "train.steps=7"};
  const auto config = load_pretrain_config(file(kPretrain + "train:\n  steps: 3\n"), overrides);
  EXPECT_EQ(config.train.steps, 7);
  EXPECT_EQ(config.optimizer.learning_rate, 3e-5);
}

TEST_F(ValuesTest, AnInvalidValueInTheFileIsRefusedEvenIfOverridden) {
  EXPECT_EQ(pretrain_error(kPretrain + "train:\n  steps: 0\n", {"train.steps=7"}),
            "rpp.yaml:8: train.steps is 0, it must be at least 1");
}

TEST_F(ValuesTest, AnEmptyOverrideClearsAStringAndAList) {
  const std::vector<std::string> overrides = {"tokenizer=", "data.valid="};
  const auto config = load_pretrain_config(file(kPretrain + "tokenizer: vocab\n"), overrides);
  EXPECT_EQ(config.tokenizer, "");
  EXPECT_TRUE(config.data.valid.empty());
}

TEST_F(ValuesTest, ANumberGivenAsAStringStaysAsWritten) {
  const std::vector<std::string> overrides = {"output_dir=007"};
  EXPECT_EQ(load_pretrain_config(file(kPretrain), overrides).output_dir, "007");
}

}  // namespace
}  // namespace rpp
