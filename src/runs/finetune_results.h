// The result files of a fine-tuning run, whatever its task (docs/formats.md).
#pragma once

#include <filesystem>

#include "runs/outcome.h"

namespace rpp {

// The metrics with the prefix "eval_", and `samples`: eval_samples and similar.
Metrics eval_results(const Metrics& metrics, const Metrics& samples);

Metrics train_results(const TrainOutcome& outcome, double epochs, size_t num_examples);

// eval_results.json of a finished run. Throws Error if it is damaged.
Metrics read_eval_results(const std::filesystem::path& directory);

// train_results.json, eval_results.json, all_results.json.
void write_results(const std::filesystem::path& directory, const Metrics& train, const Metrics& eval);

}  // namespace rpp
