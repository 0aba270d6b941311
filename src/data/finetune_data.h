// What a fine-tuning run reads: its task, and the examples of it.
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
  const GlueTask* task;  // the one that is trained, or a companion: its metrics and their suffix
  std::vector<EncodedExample> examples;
};

struct FinetuneData {
  std::vector<EncodedExample> train;
  std::vector<DevSet> dev;     // of the task itself, then of those companions that data_dir has
  int64_t max_seq_length = 0;  // tokens, to which all were cut
};

// What the configuration names for "train", "dev" or "test"; empty: what data_dir holds.
const std::vector<std::string>& named_files(const FinetuneConfig& config, std::string_view split);

// All files of "train", "dev" or "test" that a run of the task reads, companions' included; none where none
// is found.
std::vector<std::filesystem::path> finetuning_files(const FinetuneConfig& config, std::string_view split);

// SQuAD: the files that the configuration names for "train", "dev" or "test", or the one in data_dir; empty
// when there is none.
std::vector<std::filesystem::path> squad_files(const FinetuneConfig& config, SquadVersion version,
                                               std::string_view split);

// Throws UsageError for a task that is unknown or has no training data, and as custom_task does.
GlueTask finetuning_task(const FinetuneConfig& config);

// `task` must outlive the data. Files that the configuration names replace those of data_dir, companions'
// included; several are read one after the other. Throws Error as find_glue_file and read_glue do.
FinetuneData load_finetune_data(const FinetuneConfig& config, const GlueTask& task,
                                const Tokenizer& tokenizer);

// Empty where there is no test file of the task.
std::vector<EncodedExample> load_test_examples(const FinetuneConfig& config, const GlueTask& task,
                                               const Tokenizer& tokenizer);

}  // namespace rpp
