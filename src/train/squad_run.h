// Fine-tuning on SQuAD from a configuration: what runs.h does where the task is one of squad_version().
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "rpp/config/config.h"
#include "rpp/data/squad.h"
#include "rpp/train/runs.h"

namespace rpp {

// Beside what every run writes: predictions.json and nbest_predictions.json of the dev set, null_odds.json
// for SQuAD 2.0, and the same in predict/ where there is a test set.
FinetuneOutcome run_squad(const FinetuneConfig& config, SquadVersion version, const RunOptions& options);
PreflightReport check_squad(const FinetuneConfig& config, SquadVersion version);

// The files that the configuration names for "train", "dev" or "test", or the one in data_dir; empty when
// there is none.
std::vector<std::filesystem::path> squad_files(const FinetuneConfig& config, SquadVersion version,
                                               std::string_view split);

}  // namespace rpp
