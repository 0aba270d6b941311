// Checks that every file under configs/ needs nothing but the keys given on the command line.
#include <algorithm>

#include "config_files.h"
#include "core/atomic_file.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const char* folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(RPP_SOURCE_DIR) / "configs" / folder)) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

bool is_finetuning(const fs::path& file) {
  return read_file(file).find("\ntask:") != std::string::npos;
}

const std::vector<std::string> kCommandLine = {"data_dir=glue", "model=bert", "output_dir=out"};

TEST(Configs, EveryModelConfigLoads) {
  const auto files = files_of("model");
  EXPECT_EQ(files.size(), 7U);
  for (const auto& file : files) EXPECT_NO_THROW(load_model_config(file)) << file;
}

TEST(Configs, EveryPretrainingConfigLoads) {
  const auto files = files_of("pretrain");
  EXPECT_GE(files.size(), 9U);
  for (const auto& file : files) EXPECT_NO_THROW(load_pretrain_config(file)) << file;
}

TEST(Configs, EveryFineTuningConfigLoads) {
  for (const auto& file : files_of("finetune")) {
    EXPECT_NO_THROW(load_finetune_config(file, kCommandLine)) << file;
  }
}

TEST(Configs, EveryGlueTaskHasBertsUsualSettings) {
  for (const char* task : {"cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte", "wnli"}) {
    const auto file = fs::path(RPP_SOURCE_DIR) / "configs/finetune" / fmt::format("{}.yaml", task);
    const FinetuneConfig config = load_finetune_config(file, kCommandLine);
    EXPECT_EQ(config.task, task);
    EXPECT_EQ(config.train.batch_size, 32) << task;
    EXPECT_EQ(config.optimizer.learning_rate, 2e-5) << task;
    const bool is_small = config.task == "mrpc" || config.task == "wnli";
    EXPECT_EQ(config.epochs, is_small ? 5 : 3) << task;
  }
}

TEST(Configs, TheDemoConfigsLoad) {
  for (const auto& file : files_of("demo")) {
    if (is_finetuning(file)) {
      EXPECT_NO_THROW(load_finetune_config(file, kCommandLine)) << file;
    } else {
      EXPECT_NO_THROW(load_pretrain_config(file)) << file;
    }
  }
}

TEST(Configs, MethodsAreComparedAtEqualSteps) {
  for (const char* model : {"minilm", "bert-base", "bert-large"}) {
    const auto steps = [&](const char* method) {
      const auto name = fmt::format("configs/pretrain/{}-{}.yaml", method, model);
      return load_pretrain_config(fs::path(RPP_SOURCE_DIR) / name).train.steps;
    };
    EXPECT_EQ(steps("rpp"), steps("dense")) << model;
    EXPECT_EQ(steps("rpp"), steps("nip")) << model;
  }
}

}  // namespace
}  // namespace rpp
