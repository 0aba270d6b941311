// Fine-tuning on SQuAD from a configuration: what runs.h does where the task is one of squad_version().
#pragma once

#include "config/config.h"
#include "data/squad.h"
#include "tasks/run.h"

namespace rpp {

// Beside what every run writes: predictions.json and nbest_predictions.json of the dev set, null_odds.json
// for SQuAD 2.0, and the same in predict/ where there is a test set.
FinetuneOutcome run_squad(const FinetuneConfig& config, SquadVersion version, const RunOptions& options);
PreflightReport check_squad(const FinetuneConfig& config, SquadVersion version);

}  // namespace rpp
