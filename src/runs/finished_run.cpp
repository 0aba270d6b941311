#include "finished_run.h"

#include "core/atomic_file.h"
#include "core/json.h"
#include "core/progress.h"
#include "json_members.h"
#include "program/log.h"
#include "program/sha256.h"
#include "rpp/error.h"
#include "runs/checkpoint.h"
#include "runs/run_options.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* kFinished = "finished.json";
constexpr const char* kFinishedFormat = "rpp-finished-1";
constexpr const char* kKeepCheckpoints = "keep_checkpoints";
constexpr const char* kRemove = "remove the run to make it again";

// A hash over all members before it, to detect damaged numbers.
constexpr const char* kHash = "sha256";

ordered_json to_json(const RunLength& length, const RunIdentity& identity, const TrainOutcome& outcome,
                     bool keep_checkpoints) {
  return {{"format", kFinishedFormat},
          {length.key, length.value},
          {"step", outcome.counters.step},
          {"tokens", outcome.counters.tokens},
          {"skipped_steps", outcome.counters.skipped_steps},
          {"encoder_ratio", outcome.encoder_ratio},
          {"target_ratio", outcome.target_ratio},
          {"seconds", outcome.seconds},
          {"tokens_per_second", outcome.tokens_per_second},
          {kKeepCheckpoints, keep_checkpoints},
          {"config", identity.config_yaml},
          {"inputs", identity.inputs}};
}

std::string hash_of(const ordered_json& json) {
  return sha256_hex(json.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

ordered_json read_finished(const fs::path& file) {
  auto json = parse_json_object<ordered_json>(read_file(file), file.string(), kRemove);
  RPP_CHECK(has_format(json, kFinishedFormat), "{} is of another version (this program reads {}); {}", file,
            kFinishedFormat, kRemove);
  if (!json.contains(kHash)) return json;  // written by an earlier version
  const auto hash = json_member<std::string>(json, kHash, file);
  json.erase(kHash);
  RPP_CHECK(hash == hash_of(json), "{} is damaged: it has another {} than it names; {}", file, kHash,
            kRemove);
  return json;
}

TrainOutcome outcome_of(const ordered_json& json, const fs::path& file) {
  TrainOutcome outcome{.counters = {.step = json_member<int64_t>(json, "step", file),
                                    .tokens = json_member<int64_t>(json, "tokens", file),
                                    .skipped_steps = json_member<int64_t>(json, "skipped_steps", file)}};
  outcome.found_finished = true;
  outcome.encoder_ratio = json_member<double>(json, "encoder_ratio", file);
  outcome.target_ratio = json_member<double>(json, "target_ratio", file);
  outcome.seconds = json_member<double>(json, "seconds", file);
  outcome.tokens_per_second = json_member<double>(json, "tokens_per_second", file);
  return outcome;
}

// Earlier versions stored the settings only in config.yaml.
RecordedRun recorded_in(const ordered_json& json, const fs::path& file) {
  if (json.contains("config")) {
    return {.config_yaml = json_member<std::string>(json, "config", file),
            .source = file,
            .inputs = json_map<std::string>(json, "inputs", file)};
  }
  const fs::path config = file.parent_path() / kRunConfigFile;
  return {.config_yaml = read_file(config), .source = config, .inputs = {}};
}

}  // namespace

std::optional<TrainOutcome> find_finished(const fs::path& output_dir, const RunIdentity& identity,
                                          const RunOptions& options) {
  const fs::path file = output_dir / kFinished;
  if (options.resume != "auto" || !fs::exists(file)) return std::nullopt;
  const ordered_json json = read_finished(file);
  const RecordedRun recorded = recorded_in(json, file);
  const auto [results, extended] = compare_runs(recorded, identity);
  if (!results.empty()) {
    fail_usage(
        "{} has finished with other settings: {}; {} has the former: choose another output_dir, or delete "
        "that one to run it again",
        output_dir, format_differences(results), recorded.source);
  }
  if (!extended.empty() && latest_checkpoint(output_dir)) return std::nullopt;
  if (!extended.empty()) {
    fail_usage(
        "{} has finished, and its checkpoints are gone: {} needs a separate run, or one with "
        "train.keep_checkpoints from the start",
        output_dir, format_differences(extended));
  }
  // The run may have ended before it had removed them all. Earlier versions did not record the wish.
  if (json.contains(kKeepCheckpoints) && !json_member<bool>(json, kKeepCheckpoints, file)) {
    remove_checkpoints(output_dir);
  }
  TrainOutcome outcome = outcome_of(json, file);
  log::info("{} has finished already: {} steps", output_dir.string(), format_count(outcome.counters.step));
  return outcome;
}

std::string start_model_of(const fs::path& output_dir) {
  const fs::path finished = output_dir / kFinished;
  const bool has_finished = fs::exists(finished);
  if (!has_finished && !fs::exists(output_dir / kRunConfigFile)) return {};
  const RecordedRun run = recorded_in(has_finished ? read_finished(finished) : ordered_json(), finished);
  if (const auto hash = run.inputs.find("model"); hash != run.inputs.end()) return hash->second;
  // Every setting that is not the default, among them the path of the model.
  for (const auto& [key, value, unused] :
       differing_settings(run.config_yaml, run.source.string(), FinetuneConfig())) {
    if (key == "model") return value;
  }
  return {};
}

void finish_run(const fs::path& output_dir, const RunLength& length, const RunIdentity& identity,
                const TrainOutcome& outcome, bool keep_checkpoints) {
  ordered_json json = to_json(length, identity, outcome, keep_checkpoints);
  json[kHash] = hash_of(json);
  write_file_atomically(output_dir / kFinished, json.dump(2) + "\n");
  if (!keep_checkpoints) remove_checkpoints(output_dir);
}

}  // namespace rpp
