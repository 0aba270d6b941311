// The data of a fine-tuning run: its task, and the examples.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "data/glue.h"
#include "data/glue_features.h"
#include "data/squad.h"
#include "rpp/tokenizer.h"

namespace rpp {

struct DevSet {
  const GlueTask* task;  // the trained one, or a companion: its metrics and their suffix
  std::vector<EncodedExample> examples;
};

struct FinetuneData {
  std::vector<EncodedExample> train;
  std::vector<DevSet> dev;     // of the task itself, then of the companions found in data_dir
  int64_t max_seq_length = 0;  // tokens, to which all were truncated
};

// The files that the configuration names for "train", "dev" or "test"; empty: search data_dir.
const std::vector<std::string>& named_files(const FinetuneConfig& config, std::string_view split);

// All files of "train", "dev" or "test" that a run of the task reads, including companions'; empty if there
// are none.
std::vector<std::filesystem::path> finetuning_files(const FinetuneConfig& config, std::string_view split);

// SQuAD: the files that the configuration names for "train", "dev" or "test", or the one in data_dir; empty
// when there is none.
std::vector<std::filesystem::path> squad_files(const FinetuneConfig& config, SquadVersion version,
                                               std::string_view split);

// Throws UsageError for a task that is unknown or has no training data, and as custom_task does.
GlueTask finetuning_task(const FinetuneConfig& config);

// `task` must outlive the data. Files named in the configuration replace those of data_dir, companions'
// included; several are concatenated. Throws Error as find_glue_file and read_glue do.
FinetuneData load_finetune_data(const FinetuneConfig& config, const GlueTask& task,
                                const Tokenizer& tokenizer);

// Empty if the task has no test file.
std::vector<EncodedExample> load_test_examples(const FinetuneConfig& config, const GlueTask& task,
                                               const Tokenizer& tokenizer);

}  // namespace rpp
