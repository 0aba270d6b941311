#include "finished_run.h"

#include <cmath>

#include "rpp/core/atomic_file.h"
#include "rpp/core/error.h"
#include "rpp/core/json.h"
#include "rpp/core/log.h"
#include "rpp/core/progress.h"
#include "rpp/train/checkpoint.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* kFinished = "finished.json";
constexpr const char* kFormat = "rpp-finished-1";
constexpr const char* kRemove = "remove the run to make it again";
constexpr double kMissedTarget = 0.001;

ordered_json to_json(const RunLength& length, const TrainOutcome& outcome) {
  return {{"format", kFormat},
          {length.key, length.value},
          {"step", outcome.counters.step},
          {"tokens", outcome.counters.tokens},
          {"skipped_steps", outcome.counters.skipped_steps},
          {"encoder_ratio", outcome.encoder_ratio},
          {"target_ratio", outcome.target_ratio},
          {"seconds", outcome.seconds},
          {"tokens_per_second", outcome.tokens_per_second}};
}

ordered_json read_finished(const fs::path& file) {
  auto json = parse_json_object<ordered_json>(read_file(file), file.string(), kRemove);
  RPP_CHECK(json.value("format", "") == kFormat, "{} is damaged or of another version; {}", file, kRemove);
  return json;
}

TrainOutcome outcome_of(const ordered_json& json) {
  TrainOutcome outcome{.counters = {.step = json.at("step"),
                                    .tokens = json.at("tokens"),
                                    .skipped_steps = json.at("skipped_steps")}};
  outcome.found_finished = true;
  outcome.encoder_ratio = json.at("encoder_ratio");
  outcome.target_ratio = json.at("target_ratio");
  outcome.seconds = json.at("seconds");
  outcome.tokens_per_second = json.at("tokens_per_second");
  return outcome;
}

void warn_of_missed_target(const TrainOutcome& outcome) {
  if (std::abs(outcome.encoder_ratio - outcome.target_ratio) <= kMissedTarget || outcome.target_ratio == 0)
    return;
  log::warn(
      "the model has {:.1f} % zeros, prune.target_ratio asks for {:.1f} %: train for more steps, leave "
      "prune.gamma at "
      "0 (rpp), or take a method that ranks, such as movement instead of soft_movement, whose ratio follows "
      "from "
      "prune.score_threshold and prune.score_penalty",
      100 * outcome.encoder_ratio, 100 * outcome.target_ratio);
}

}  // namespace

std::optional<TrainOutcome> find_finished(const fs::path& output_dir, const RunLength& length,
                                          const RunOptions& options) {
  const fs::path file = output_dir / kFinished;
  if (options.resume != "auto" || !fs::exists(file)) return std::nullopt;
  const ordered_json json = read_finished(file);
  const double before = json.value(length.key, 0.0);
  if (before != length.value && latest_checkpoint(output_dir)) return std::nullopt;
  if (before != length.value) {
    fail_usage(
        "{} has finished with {} {}, and its checkpoints are gone: {} {} needs a run of its own, or one with "
        "train.keep_checkpoints from the start",
        output_dir, length.key, before, length.key, length.value);
  }
  log::info("{} has finished already: {} steps", output_dir.string(), format_count(json.at("step")));
  return outcome_of(json);
}

void finish_run(const fs::path& output_dir, const RunLength& length, const TrainOutcome& outcome,
                bool keep_checkpoints) {
  warn_of_missed_target(outcome);
  write_file_atomically(output_dir / kFinished, to_json(length, outcome).dump(2) + "\n");
  if (!keep_checkpoints) remove_checkpoints(output_dir);
}

}  // namespace rpp
