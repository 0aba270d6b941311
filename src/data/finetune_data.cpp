#include "data/finetune_data.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <string_view>

#include "data/custom_task.h"
#include "data/sample_rows.h"
#include "program/log.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using std::filesystem::path;
using Paths = std::vector<path>;

// Named files belong to the task itself, not to a companion. Empty if there are none.
Paths find_files(const FinetuneConfig& config, const GlueTask& task, std::string_view split) {
  const auto& named = named_files(config, split);
  if (!named.empty()) return task.model_of.empty() ? Paths(named.begin(), named.end()) : Paths();
  if (config.data_dir.empty()) return {};
  const auto file = try_find_glue_file(task, config.data_dir, split);
  return file ? Paths{*file} : Paths();
}

Paths require_files(const FinetuneConfig& config, const GlueTask& task, std::string_view split) {
  Paths files = find_files(config, task, split);
  if (files.empty()) files.push_back(find_glue_file(task, config.data_dir, split));  // throws if missing
  return files;
}

std::vector<GlueExample> read_files(const GlueTask& task, std::span<const path> files, bool has_labels) {
  std::vector<GlueExample> examples;
  for (const path& file : files) {
    const auto more = read_glue(task, file, has_labels);
    examples.insert(examples.end(), more.begin(), more.end());
  }
  return examples;
}

struct Sample {
  int64_t limit = 0;  // rows; 0: all
  uint64_t seed = 0;
};

// A model trained on one class cannot predict others, and metrics of one class mean little.
void warn_of_one_class(const GlueTask& task, const std::vector<GlueExample>& examples,
                       std::string_view files) {
  const auto differs = [&](const GlueExample& example) { return example.label != examples.front().label; };
  if (task.regression || task.multi_label || std::ranges::any_of(examples, differs)) return;
  log::warn("{}: all {} examples have the label '{}'", files, examples.size(),
            task.label_names[static_cast<size_t>(examples.front().label)]);
}

std::vector<EncodedExample> encode_all(const FinetuneConfig& config, const GlueTask& task,
                                       const std::vector<GlueExample>& examples, std::string_view files,
                                       const Tokenizer& tokenizer) {
  auto encoded = encode_glue(examples, texts_of(task), tokenizer, config.max_seq_length);
  const int64_t cut = num_cut(encoded);
  if (cut > 0)
    log::warn("{}: {} of {} texts were cut to {} tokens", files, cut, encoded.size(), config.max_seq_length);
  return encoded;
}

std::vector<EncodedExample> load_labelled(const FinetuneConfig& config, const GlueTask& task,
                                          std::span<const path> files, const Sample& sample,
                                          const Tokenizer& tokenizer) {
  auto examples = read_files(task, files, /*has_labels=*/true);
  keep_sample(examples, sample.limit, sample.seed);
  const std::string names = fmt::format("{}", fmt::join(files, ", "));
  warn_of_one_class(task, examples, names);
  return encode_all(config, task, examples, names, tokenizer);
}

std::vector<DevSet> load_dev_sets(const FinetuneConfig& config, const GlueTask& task,
                                  const Tokenizer& tokenizer) {
  std::vector<DevSet> sets;
  const auto add = [&](const GlueTask& of, const Paths& files) {
    sets.push_back(
        {&of, load_labelled(config, of, files, {config.max_eval_samples, kEvalSampleSeed}, tokenizer)});
  };
  add(task, require_files(config, task, "dev"));
  for (const GlueTask* companion : companions_of(task)) {
    if (companion->dev_file.empty()) continue;
    const Paths files = find_files(config, *companion, "dev");
    if (!files.empty()) add(*companion, files);
    if (files.empty() && !config.data_dir.empty())
      log::info("no {} in data_dir: {} is not evaluated", companion->dev_file, companion->name);
  }
  return sets;
}

}  // namespace

const std::vector<std::string>& named_files(const FinetuneConfig& config, std::string_view split) {
  if (split == "train") return config.train_files;
  return split == "dev" ? config.dev_files : config.test_files;
}

Paths finetuning_files(const FinetuneConfig& config, std::string_view split) {
  if (config.task == "custom") return find_files(config, {.name = "custom"}, split);
  const GlueTask& task = glue_task(config.task);
  Paths files = find_files(config, task, split);
  if (split == "train") return files;
  for (const GlueTask* companion : companions_of(task)) {
    const Paths more = find_files(config, *companion, split);
    files.insert(files.end(), more.begin(), more.end());
  }
  return files;
}

GlueTask finetuning_task(const FinetuneConfig& config) {
  if (config.task == "custom") {
    return custom_task(config.custom, require_files(config, {.name = "custom"}, "train"));
  }
  const GlueTask& task = glue_task(config.task);
  if (!task.model_of.empty()) {
    fail_usage("task {} has no training data: a model of {} answers it: set task to {}", task.name,
               task.model_of, task.model_of);
  }
  return task;
}

FinetuneData load_finetune_data(const FinetuneConfig& config, const GlueTask& task,
                                const Tokenizer& tokenizer) {
  const Paths train = require_files(config, task, "train");
  const Sample of_training = {config.max_train_samples, static_cast<uint64_t>(config.train.seed)};
  return {.train = load_labelled(config, task, train, of_training, tokenizer),
          .dev = load_dev_sets(config, task, tokenizer),
          .max_seq_length = config.max_seq_length};
}

std::vector<EncodedExample> load_test_examples(const FinetuneConfig& config, const GlueTask& task,
                                               const Tokenizer& tokenizer) {
  const Paths files = find_files(config, task, "test");
  const auto examples = read_files(task, files, /*has_labels=*/false);
  return encode_all(config, task, examples, fmt::format("{}", fmt::join(files, ", ")), tokenizer);
}

std::vector<std::filesystem::path> squad_files(const FinetuneConfig& config, SquadVersion version,
                                               std::string_view split) {
  const auto& named = named_files(config, split);
  if (!named.empty()) return {named.begin(), named.end()};
  if (config.data_dir.empty()) return {};
  const auto file = try_find_squad_file(version, config.data_dir, split);
  return file ? std::vector{*file} : std::vector<std::filesystem::path>();
}

}  // namespace rpp
