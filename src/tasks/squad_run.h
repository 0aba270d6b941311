// Fine-tuning on SQuAD from a configuration: implements runs.h for the tasks of squad_version().
#pragma once

#include "config/config.h"
#include "data/squad.h"
#include "tasks/run.h"

namespace rpp {

// Besides every run's files: predictions.json and nbest_predictions.json for the dev set, null_odds.json for
// SQuAD 2.0, and the same in predict/ if there is a test set.
FinetuneOutcome run_squad(const FinetuneConfig& config, SquadVersion version, const RunOptions& options);
PreflightReport check_squad(const FinetuneConfig& config, SquadVersion version);

}  // namespace rpp
