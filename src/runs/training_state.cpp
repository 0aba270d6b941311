#include "training_state.h"

#include <cmath>

#include "core/atomic_file.h"
#include "core/json.h"
#include "json_members.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kStateFormat = "rpp-training-state-1";

json to_json(const StepWindowState& window) {
  return {{"sums", window.sums},         {"last_step", window.last_step}, {"last_means", window.last_means},
          {"steps", window.num_applied}, {"tokens", window.tokens},       {"seconds", window.seconds}};
}

// Earlier versions saved none: their next line covers only the steps of one process.
StepWindowState window_in(const json& state, const fs::path& file) {
  if (!state.contains("window")) return {};
  const json& window = state["window"];
  RPP_CHECK(window.is_object(), "{} is damaged: 'window' is {}", file, window.dump());
  return {.sums = json_map<double>(window, "sums", file),
          .last_step = json_map<double>(window, "last_step", file),
          .last_means = json_map<double>(window, "last_means", file),
          .num_applied = json_member<int64_t>(window, "steps", file),
          .tokens = json_member<int64_t>(window, "tokens", file),
          .seconds = json_member<double>(window, "seconds", file)};
}

TrainerCounters counters_in(const json& state, const fs::path& file) {
  TrainerCounters counters{.step = json_member<int64_t>(state, "step", file),
                           .tokens = json_member<int64_t>(state, "tokens", file),
                           .skipped_steps = json_member<int64_t>(state, "skipped_steps", file),
                           .bad_in_a_row = json_member<int64_t>(state, "bad_in_a_row", file),
                           .best_step = json_member<int64_t>(state, "best_step", file)};
  counters.evals_since_best = json_member<int64_t>(state, "evals_since_best", file);
  if (counters.best_step >= 0) counters.best_value = json_member<double>(state, "best_value", file);
  const bool in_order = counters.step >= 0 && counters.best_step <= counters.step &&
                        counters.skipped_steps >= 0 && counters.skipped_steps <= counters.step &&
                        counters.tokens >= 0;
  RPP_CHECK(in_order,
            "{} is damaged: step {}, best_step {}, skipped_steps {} and tokens {} contradict each other",
            file, counters.step, counters.best_step, counters.skipped_steps, counters.tokens);
  return counters;
}

}  // namespace

void write_training_state(const fs::path& file, const TrainingState& state) {
  const TrainerCounters& counters = state.counters;
  const nlohmann::ordered_json json = {{"format", kStateFormat},
                                       {"layout_sha256", state.layout_sha256},
                                       {"prune_method", state.prune_method},
                                       {"step", counters.step},
                                       {"tokens", counters.tokens},
                                       {"skipped_steps", counters.skipped_steps},
                                       {"bad_in_a_row", counters.bad_in_a_row},
                                       {"best_step", counters.best_step},
                                       {"best_value", counters.best_value},
                                       {"evals_since_best", counters.evals_since_best},
                                       {"evaluated", state.evaluated},
                                       {"optimizer_steps", state.optimizer_steps},
                                       {"window", to_json(state.window)},
                                       {"inputs", state.inputs}};
  write_file_atomically(file, json.dump(2) + "\n");
}

TrainingState read_training_state(const fs::path& file) {
  const auto json = parse_json_object(read_file(file), file.string());
  RPP_CHECK(has_format(json, kStateFormat), "{} is of another version (this program reads {})", file,
            kStateFormat);
  return {.layout_sha256 = json_member<std::string>(json, "layout_sha256", file),
          .prune_method = json_member<std::string>(json, "prune_method", file),
          .counters = counters_in(json, file),
          .evaluated = json_member<bool>(json, "evaluated", file),
          .optimizer_steps = json_member<int64_t>(json, "optimizer_steps", file),
          .window = window_in(json, file),
          .inputs = json_map<std::string>(json, "inputs", file)};
}

}  // namespace rpp
