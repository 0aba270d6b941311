#include "run_dir.h"

#include <algorithm>

#include "core/atomic_file.h"
#include "program/log.h"
#include "rpp/error.h"
#include "runs/checkpoint.h"
#include "runs/metrics_log.h"
#include "training_state.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLock = "run.lock";

bool is_one_of(std::span<const std::string_view> keys, std::string_view key) {
  return std::ranges::find(keys, key) != keys.end();
}

// Keys that do not change the results.
bool changes_no_result(std::string_view key) {
  static constexpr std::string_view kKeys[] = {"output_dir",          "train.log_every",
                                               "train.save_every",    "train.keep_last",
                                               "train.num_threads",   "train.max_bad_steps",
                                               "train.device",        "train.keep_checkpoints",
                                               "prune.check_every",   "train.activation_checkpointing",
                                               "dist.timeout_seconds"};
  return is_one_of(kKeys, key);
}

// A resumed run may have another length or evaluation; a finished run does not contain their results.
bool may_be_extended(std::string_view key) {
  static constexpr std::string_view kKeys[] = {"train.steps", "epochs", "train.patience", "train.eval_every",
                                               "train.eval_batches"};
  return is_one_of(kKeys, key);
}

// Whether both runs recorded the setting's contents: then those are compared, not the name.
bool is_known_by_content(const std::string& key, const RunInputs& before, const RunInputs& now) {
  const auto known = [&](const std::string& input) { return before.contains(input) && now.contains(input); };
  return known(key) || (key == "data_dir" && known("train_files") && known("dev_files"));
}

std::vector<SettingDifference> changed_inputs(const RunInputs& before, const RunInputs& now) {
  std::vector<SettingDifference> changed;
  for (const auto& [name, hash] : now) {
    const auto found = before.find(name);
    if (found != before.end() && found->second != hash)
      changed.push_back({"what " + name + " holds", found->second, hash});
  }
  return changed;
}

std::optional<RecordedRun> recorded_in(const fs::path& output_dir,
                                       const std::optional<fs::path>& checkpoint) {
  const fs::path file = checkpoint ? *checkpoint / "training" / kRunConfigFile : output_dir / kRunConfigFile;
  if (!fs::exists(file)) return std::nullopt;
  return RecordedRun{.config_yaml = read_file(file),
                     .source = file,
                     .inputs = checkpoint
                                   ? read_training_state(*checkpoint / "training" / "state.json").inputs
                                   : RunInputs()};
}

// Files that may exist before a run starts: its lock, a sweep's note, and temporary files.
bool is_no_part_of_a_run(const std::string& name) {
  return name == kLock || name == "sweep_run.json" || (name.starts_with('.') && name.ends_with(".tmp"));
}

// The first other file of a directory; empty: there is none.
std::string first_file_in(const fs::path& dir) {
  std::string first;
  for (const auto& entry : fs::directory_iterator(dir)) {
    const std::string name = entry.path().filename().string();
    if (!is_no_part_of_a_run(name) && (first.empty() || name < first)) first = name;
  }
  return first;
}

bool holds_seeds(const fs::path& dir) {
  return std::ranges::any_of(fs::directory_iterator(dir), [](const fs::directory_entry& entry) {
    return entry.path().filename().string().starts_with("seed-");
  });
}

std::vector<fs::path> paths_of(std::initializer_list<std::string> names) {
  return {names.begin(), names.end()};
}

[[noreturn]] void refuse(const fs::path& dir, const RecordedRun& recorded,
                         const std::vector<SettingDifference>& differences) {
  fail_usage(
      "{} holds a run with other settings: {}; {} has the former: choose another output_dir, delete that "
      "one, "
      "or resume one of its checkpoints by name (--resume CHECKPOINT)",
      dir, format_differences(differences), recorded.source);
}

}  // namespace

IdentityDifferences compare_runs(const RecordedRun& before, const RunIdentity& now) {
  IdentityDifferences differences;
  auto settings = now.differences(before.config_yaml, before.source.string());
  const bool has_epochs = now.inputs.contains("train_files");  // which determine its steps
  for (auto& setting : settings) {
    const std::string& key = setting.key;
    if (changes_no_result(key) || (has_epochs && key == "train.steps")) continue;
    if (is_known_by_content(key, before.inputs, now.inputs)) continue;
    (may_be_extended(key) ? differences.extended : differences.results).push_back(std::move(setting));
  }
  for (auto& input : changed_inputs(before.inputs, now.inputs))
    differences.results.push_back(std::move(input));
  return differences;
}

std::vector<fs::path> input_dirs(const PretrainConfig& config) {
  auto dirs = paths_of({config.model, config.tokenizer, config.distill.teacher});
  for (const auto* shards : {&config.data.train, &config.data.valid})
    dirs.insert(dirs.end(), shards->begin(), shards->end());
  return dirs;
}

std::vector<fs::path> input_dirs(const FinetuneConfig& config) {
  return paths_of({config.model, config.data_dir, config.distill.teacher});
}

void check_output_dir(const fs::path& dir, const RunOptions& options, const std::vector<fs::path>& inputs) {
  if (dir.empty()) fail_usage("output_dir is not set");
  if (!fs::exists(dir)) return;
  if (!fs::is_directory(dir)) fail_usage("output_dir {} is a file", dir);
  for (const auto& input : inputs) {
    if (fs::is_directory(input) && fs::equivalent(input, dir)) {
      fail_usage("output_dir {} is {}, which the run reads: choose another one", dir, input);
    }
  }
  const std::string first = first_file_in(dir);
  if (first.empty()) return;
  if (!fs::exists(dir / kRunConfigFile)) {
    fail_usage("output_dir {} contains something other than a run ({}): choose another directory", dir,
               first);
  }
  if (options.resume.empty()) {
    fail_usage(
        "output_dir {} already contains another run: resume it with --resume auto, or choose another "
        "directory",
        dir);
  }
}

RunDir::MadeDirs::~MadeDirs() {
  std::error_code ignored;
  for (const auto& dir : dirs) fs::remove(dir, ignored);  // fails unless empty
}

RunDir::RunDir(const fs::path& dir, const RunOptions& options, const std::vector<fs::path>& inputs) {
  check_output_dir(dir, options, inputs);
  for (fs::path missing = dir; !missing.empty() && !fs::exists(missing); missing = missing.parent_path()) {
    made_.dirs.push_back(missing);
  }
  fs::create_directories(dir);
  lock_.emplace(dir / kLock, dir);
  if (!lock_->is_held()) {
    log::warn("{} is on a file system without locks: do not start a second process there", dir.string());
  }
  check_output_dir(dir, options, inputs);  // checks the directory as the previous process left it
  finish_interrupted_writes(dir);
}

std::optional<fs::path> find_checkpoint(const fs::path& output_dir, const RunOptions& options,
                                        const RunIdentity& identity) {
  if (options.resume.empty()) return std::nullopt;
  const bool automatic = options.resume == "auto";
  if (automatic && fs::exists(output_dir / kRunConfigFile) && !fs::exists(output_dir / kMetricsLog) &&
      holds_seeds(output_dir)) {
    fail_usage("{} holds the runs of several seeds: choose another output_dir, or name them with --seeds",
               output_dir);
  }
  const auto checkpoint = find_resume(output_dir, options.resume);
  const auto recorded = recorded_in(output_dir, checkpoint);
  const auto [results, extended] = recorded ? compare_runs(*recorded, identity) : IdentityDifferences();
  if (automatic && !results.empty()) refuse(output_dir, *recorded, results);
  if (!results.empty()) {
    log::warn("continuing from {} with other settings: {}", checkpoint->string(),
              format_differences(results));
  }
  if (!extended.empty()) log::info("continuing with other settings: {}", format_differences(extended));
  if (!checkpoint) log::info("{} has no checkpoint yet: starting from step 0", output_dir.string());
  return checkpoint;
}

void check_seeds_dir(const FinetuneConfig& config, const RunOptions& options) {
  const fs::path dir = config.output_dir;
  if (options.resume.empty() || !fs::exists(dir / kRunConfigFile)) return;
  if (fs::exists(dir / kMetricsLog)) {
    fail_usage("{} holds a single run: choose another output_dir for the runs of several seeds", dir);
  }
  const auto recorded = recorded_in(dir, std::nullopt);
  auto [results, extended] = compare_runs(*recorded, identity_of(config));
  std::erase_if(results, [](const SettingDifference& difference) { return difference.key == "train.seed"; });
  if (!results.empty()) refuse(dir, *recorded, results);
}

}  // namespace rpp
