#include "config_files.h"

namespace rpp {
namespace {

// The suggestion in the error message for an unknown key.
std::string suggestion(const std::function<void(const std::vector<std::string>&)>& load,
                       const std::string& key) {
  try {
    load({fmt::format("{}=1", key)});
  } catch (const UsageError& error) {
    const std::string message = error.what();
    const std::string before = "did you mean '";
    const size_t begin = message.find(before) + before.size();
    return message.substr(begin, message.find('\'', begin) - begin);
  }
  return "no error";
}

std::string in_pretraining(const std::string& key) {
  return suggestion([](const auto& overrides) { load_pretrain_config("", overrides); }, key);
}

std::string in_finetuning(const std::string& key) {
  return suggestion([](const auto& overrides) { load_finetune_config("", overrides); }, key);
}

TEST(Suggest, AKeyInTheWrongSectionIsFoundByItsName) {
  EXPECT_EQ(in_pretraining("learning_rate"), "optimizer.learning_rate");
  EXPECT_EQ(in_pretraining("optimizer.steps"), "train.steps");
  EXPECT_EQ(in_finetuning("data.max_seq_length"), "max_seq_length");
}

// A file of another kind may be one very long line: comparing all of it with every key would be slow.
TEST(Suggest, AVeryLongUnknownKeyIsHandledQuickly) {
  EXPECT_EQ(in_pretraining("train.step" + std::string(10'000'000, ' ')).substr(0, 6), "train.");
}

TEST(Suggest, KnowsTheNamesThatOtherTrainersUse) {
  EXPECT_EQ(in_pretraining("per_device_train_batch_size"), "train.batch_size");
  EXPECT_EQ(in_pretraining("train.gradient_accumulation_steps"), "train.micro_batch_size");
  EXPECT_EQ(in_pretraining("model_name_or_path"), "model");
  EXPECT_EQ(in_pretraining("save_total_limit"), "train.keep_last");
  EXPECT_EQ(in_pretraining("max_predictions_per_seq"), "data.max_predictions");
  EXPECT_EQ(in_finetuning("task_name"), "task");
}

TEST(Suggest, MapsKeysOfEarlierVersions) {
  EXPECT_EQ(in_pretraining("schedule.phases"), "schedule.decay_begin");
  EXPECT_EQ(in_pretraining("prune.prox_scaling"), "prune.method");
  EXPECT_EQ(in_finetuning("prune.ramp_end"), "prune.recovery_share");
}

TEST(Suggest, MapsNamesOfOtherTrainersToTheKeyForThisProgram) {
  EXPECT_EQ(in_pretraining("num_train_epochs"), "train.steps");
  EXPECT_EQ(in_finetuning("num_train_epochs"), "epochs");
  EXPECT_EQ(in_pretraining("train_file"), "data.train");
  EXPECT_EQ(in_finetuning("train_file"), "train_files");
}

TEST(Suggest, MapsOptionsOfOtherTrainersToSettings) {
  EXPECT_EQ(pretrain_setting_of("per_device_train_batch_size"), "train.batch_size=...");
  EXPECT_EQ(pretrain_setting_of("learning_rate"), "optimizer.learning_rate=...");
  EXPECT_EQ(pretrain_setting_of("max_seq_length"), "data.max_seq_length=...");
  EXPECT_EQ(finetune_setting_of("max_seq_length"), "max_seq_length=...");
  EXPECT_EQ(finetune_setting_of("num_train_epochs"), "epochs=...");
  EXPECT_EQ(finetune_setting_of("bf16"), "train.precision=bf16");
  EXPECT_EQ(finetune_setting_of("bogus"), "");
}

TEST(Suggest, SpellingIsComparedWithAndWithoutTheSection) {
  EXPECT_EQ(in_pretraining("prune.gama"), "prune.gamma");
  EXPECT_EQ(in_pretraining("warmup_step"), "schedule.warmup_steps");
  EXPECT_EQ(in_pretraining("ouput_dir"), "output_dir");
}

}  // namespace
}  // namespace rpp
