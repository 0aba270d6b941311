#include "runs/run_inputs.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/fake_tokenizer.h"

namespace rpp::test {
namespace {

// The differences between the inputs before and after `change`.
template <typename Config, typename Change>
std::vector<std::string> changed_by(const Config& config, const Change& change) {
  const RunInputs before = inputs_of(config);
  change();
  std::vector<std::string> changed;
  for (const auto& [setting, hash] : inputs_of(config)) {
    const auto found = before.find(setting);
    if (found == before.end() || found->second != hash) changed.push_back(setting);
  }
  return changed;
}

using Settings = std::vector<std::string>;

TEST(RunInputs, EveryModelFileThatIsReadIsHashed) {
  const TestDir dir("inputs_of_a_model");
  PretrainConfig config;
  config.model = dir.path();
  for (const char* name :
       {"config.json", "vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
        "added_tokens.json", "manifest.json", "model.safetensors", "mask.safetensors",
        "model.safetensors.index.json", "spiece.model", "tokenizer.model"}) {
    EXPECT_EQ(changed_by(config, [&] { dir.write(name, "1"); }), Settings{"model"}) << name;
    EXPECT_EQ(changed_by(config, [&] { dir.write(name, "2"); }), Settings{"model"}) << name;
  }
  for (const char* name : {"eval_results.json", "metrics.jsonl", "config.yaml", "README.md"}) {
    EXPECT_EQ(changed_by(config, [&] { dir.write(name, "1"); }), Settings{}) << name;
  }
}

TEST(RunInputs, FileBoundariesAreHashed) {
  const TestDir dir("inputs_bytes");
  dir.write("a.model", "ab");
  dir.write("b.model", "c");
  PretrainConfig config;
  config.model = dir.path();
  EXPECT_EQ(changed_by(config,
                       [&] {
                         dir.write("a.model", "a");
                         dir.write("b.model", "bc");
                       }),
            Settings{"model"});
}

TEST(RunInputs, EveryPretrainingKeyThatNamesFilesIsHashed) {
  const TestDir dir("inputs_of_pretraining");
  for (const char* name : {"model", "model_config", "tokenizer", "mask", "teacher", "train", "valid"}) {
    dir.write(name, "1");
  }
  PretrainConfig config;
  config.model = dir / "model";
  config.model_config = dir / "model_config";
  config.tokenizer = dir / "tokenizer";
  config.prune.mask = dir / "mask";
  config.distill.teacher = dir / "teacher";
  config.data.train = {dir / "train"};
  config.data.valid = {dir / "valid"};
  for (const auto& [name, setting] : {std::pair{"model", "model"},
                                      {"model_config", "model_config"},
                                      {"tokenizer", "tokenizer"},
                                      {"mask", "prune.mask"},
                                      {"teacher", "distill.teacher"},
                                      {"train", "data.train"},
                                      {"valid", "data.valid"}}) {
    EXPECT_EQ(changed_by(config, [&] { dir.write(name, "2"); }), Settings{setting});
  }
}

TEST(RunInputs, EveryFineTuningKeyThatNamesFilesIsHashed) {
  const TestDir dir("inputs_of_finetuning");
  for (const char* name : {"model", "mask", "teacher", "train", "more", "dev", "test"}) dir.write(name, "1");
  FinetuneConfig config;
  config.task = "sst2";
  config.model = dir / "model";
  config.prune.mask = dir / "mask";
  config.distill.teacher = dir / "teacher";
  config.train_files = {dir / "train", dir / "more"};
  config.dev_files = {dir / "dev"};
  config.test_files = {dir / "test"};
  for (const auto& [name, setting] : {std::pair{"model", "model"},
                                      {"mask", "prune.mask"},
                                      {"teacher", "distill.teacher"},
                                      {"train", "train_files"},
                                      {"more", "train_files"},
                                      {"dev", "dev_files"},
                                      {"test", "test_files"}}) {
    EXPECT_EQ(changed_by(config, [&] { dir.write(name, "2"); }), Settings{setting});
  }
}

}  // namespace
}  // namespace rpp::test
