// Configuration files in and out: strict YAML, --set overrides.
//
// Every error is a UsageError that says where and what to write instead:
//   rpp.yaml:12: unknown key 'optimizer.learning_rat' (did you mean 'optimizer.learning_rate'?)
//   --set train.steps=0: train.steps is 0, it must be at least 1
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "bert_format/model_config.h"
#include "config/config.h"

namespace rpp {

// A program's own option that sets a key: {"--output-dir", "output_dir", "a: b"}. Its value is taken
// literally, never parsed as YAML.
struct Flag {
  std::string name;
  std::string key;
  std::string value;
};

// An override is "a.b=c", applied in order after the file; a list is "[x, y]", or "x" alone; a string is
// taken literally unless it starts with a quote. Flags are applied last, with the same checks. An empty path
// means defaults, overrides and flags only. Throws UsageError for unknown or repeated keys, wrong types,
// values out of range, contradictory settings, and a missing required key: output_dir, data.train, and either
// model or model_config.
PretrainConfig load_pretrain_config(const std::filesystem::path& path,
                                    std::span<const std::string> overrides = {},
                                    std::span<const Flag> flags = {});

// Required: task, model, output_dir, and data_dir or both train_files and dev_files.
FinetuneConfig load_finetune_config(const std::filesystem::path& path,
                                    std::span<const std::string> overrides = {},
                                    std::span<const Flag> flags = {});

// What --set takes for an option of other trainers or one named as a key: "train.batch_size=..." for
// "per_device_train_batch_size", "train.precision=bf16" for "bf16". Empty where no key does that.
std::string pretrain_setting_of(std::string_view name);
std::string finetune_setting_of(std::string_view name);

// Reads a file of configs/model/.
ModelConfig load_model_config(const std::filesystem::path& path);

// Every field with its description as a comment; loading the text gives the same values.
std::string to_yaml(const PretrainConfig& config);
std::string to_yaml(const FinetuneConfig& config);
std::string to_yaml(const ModelConfig& config);

}  // namespace rpp
