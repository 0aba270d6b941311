// The files of a run: the contents of a training checkpoint, how to resume from it, and who writes.
#include <utility>

#include "bert_format/model_files.h"
#include "core/atomic_file.h"
#include "model/hf_checkpoint.h"
#include "ops/torch.h"
#include "plan/plan.h"
#include "program/log.h"
#include "program/sha256.h"
#include "prune/mask_file.h"
#include "prune/report.h"
#include "rpp/error.h"
#include "runs/checkpoint.h"
#include "runs/training_state.h"
#include "train/tensors.h"
#include "train/trainer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// Names and positions of the parameters in the flat buffer: moments fit only the same layout.
std::string layout_hash(const FlatParams& params) {
  Sha256 hash;
  for (const auto& entry : params.entries()) {
    hash.update(fmt::format("{} {} {}\n", entry.name, entry.offset, entry.numel));
  }
  return hash.hex();
}

const torch::Tensor& tensor_at(const std::map<std::string, torch::Tensor>& tensors, const std::string& name,
                               int64_t numel, const fs::path& file) {
  const auto found = tensors.find(name);
  RPP_CHECK(found != tensors.end() && found->second.numel() == numel,
            "{} has no tensor {} of {} entries: it belongs to another model", file, name, numel);
  RPP_CHECK(found->second.isfinite().all().item<bool>(),
            "{}: tensor {} holds values that are not finite: resume from an earlier checkpoint", file, name);
  return found->second;
}

// A pruner checks its state, but does not know the file it comes from.
void load_pruner_state(Pruner& pruner, const fs::path& file) {
  const auto state = load_tensors(file);
  try {
    pruner.load_state(state);
  } catch (const Error& error) {
    fail("{}: {}", file, error.what());
  }
}

}  // namespace

void Trainer::check_against_mask(const fs::path& mask_file) const {
  const auto mask = load_mask(mask_file, params_->matrices()).to(params_->values().device());
  const auto drift = drift_report(params_->values(), mask, params_->matrices());
  RPP_CHECK(drift.drifted == 0, "{}: {} ({} in {}): the weights are not those that {} was saved with",
            mask_file.parent_path() / kWeightsFile, format_drift(drift), drift.first_drifted,
            drift.first_matrix, mask_file.filename());
}

// A step with a large learning rate may leave weights for which no loss has been computed yet.
void Trainer::check_finite_weights() const {
  const auto& values = params_->values();
  if (values.isfinite().all().item<bool>()) return;
  for (const auto& entry : params_->entries()) {
    const auto bad =
        values.narrow(0, entry.offset, entry.numel).isfinite().logical_not().sum().item<int64_t>();
    if (bad == 0) continue;
    fail("{} of {} weights of {} are not finite after step {}, they are not saved: {}", bad, entry.numel,
         entry.name, counters_.step, remedy_for_divergence());
  }
}

void Trainer::write_model(const fs::path& directory) const {
  check_finite_weights();
  pruner_->check_drift();
  std::map<std::string, std::string> metadata = {
      {"format", "pt"}, {"prune_method", std::string(name_of(config_.prune.method))}};
  if (config_.prune.method != PruneMethod::dense) {
    // The extensions of a published method are named.
    const int64_t steps = config_.train.steps;
    metadata["recovery_steps"] =
        fmt::format("{} of {}", steps - last_mask_change(config_.prune, steps), steps);
    if (config_.prune.importance == Importance::fisher) metadata["importance"] = "fisher";
    if (config_.prune.block > 1) metadata["block"] = fmt::format("1 x {}", config_.prune.block);
    if (config_.prune.rpp.final_topk) metadata["final_topk"] = "true";
    const auto mask = pruner_->mask();
    metadata["mask_sha256"] = mask_sha256(params_->matrices(), mask);
    metadata["prune_ratio"] = fmt::format("{:.6f}", mask.eq(0).to(torch::kFloat64).mean().item<double>());
    save_mask(directory / "mask.safetensors", params_->matrices(), mask);
  }
  task_.save_model(directory, metadata);
}

void Trainer::write_training_state(const fs::path& directory) const {
  fs::create_directories(directory);
  save_tensors(directory / "optimizer.safetensors",
               {{"exp_avg", optimizer_->exp_avg()}, {"exp_avg_sq", optimizer_->exp_avg_sq()}},
               {{"format", "pt"}, {"layout_sha256", layout_hash(*params_)}});
  save_tensors(directory / "pruner.safetensors", pruner_->state());
  rpp::write_training_state(directory / "state.json",
                            {.layout_sha256 = layout_hash(*params_),
                             .prune_method = std::string(name_of(config_.prune.method)),
                             .counters = counters_,
                             .evaluated = evaluated_,
                             .optimizer_steps = optimizer_->step_count(),
                             .window = window_->state(),
                             .inputs = config_.inputs});
  write_file_atomically(directory / "config.yaml", config_.config_yaml);
}

// Only the first rank writes files.
MetricsLog Trainer::begin_run() {
  if (ranks_.is_first()) {
    fs::create_directories(config_.output_dir);
    begin_branch();
    write_file_atomically(config_.output_dir / "config.yaml", config_.config_yaml);
  }
  follow_first_rank();
  if (!ranks_.is_first()) return {};
  std::vector<std::string> repeated = {"best"};
  if (!evaluated_) repeated.emplace_back("eval");
  return {config_.output_dir / kMetricsLog, counters_.step, repeated};
}

void Trainer::save(const fs::path& checkpoint) {
  write_checkpoint(checkpoint, [this](const fs::path& directory) {
    write_model(directory);
    write_training_state(directory / "training");
  });
}

void Trainer::save_in_run() {
  const bool is_new = std::exchange(saved_step_, counters_.step) != counters_.step;
  if (!ranks_.is_first()) return;
  if (is_new) save(checkpoint_path(config_.output_dir, counters_.step));
  remove_old_checkpoints(config_.output_dir, config_.train.keep_last);
}

void Trainer::load_training_state(const fs::path& directory) {
  const auto state_file = directory / "state.json";
  const TrainingState state = read_training_state(state_file);
  RPP_CHECK(state.layout_sha256 == layout_hash(*params_),
            "{} belongs to a model with other parameters than this run's", state_file);
  RPP_CHECK(state.prune_method == name_of(config_.prune.method),
            "{} was written by a run with prune.method {}, this one has {}", state_file, state.prune_method,
            name_of(config_.prune.method));

  const auto optimizer_file = directory / "optimizer.safetensors";
  const auto tensors = load_tensors(optimizer_file);
  optimizer_->exp_avg().copy_(tensor_at(tensors, "exp_avg", params_->size(), optimizer_file));
  optimizer_->exp_avg_sq().copy_(tensor_at(tensors, "exp_avg_sq", params_->size(), optimizer_file));
  optimizer_->set_step_count(state.optimizer_steps);
  load_pruner_state(*pruner_, directory / "pruner.safetensors");
  evaluated_ = state.evaluated;
  counters_ = state.counters;
  *window_ = StepWindow(state.window);
}

void Trainer::resume(const fs::path& checkpoint) {
  verify_checkpoint(checkpoint);
  const LoadReport report = load_weights(task_.model(), checkpoint);
  RPP_CHECK(report.missing.empty(), "{} lacks {}: it is not of a checkpoint of this task",
            checkpoint / kWeightsFile, fmt::join(report.missing, ", "));
  params_->refresh_working();
  load_training_state(checkpoint / "training");
  if (fs::exists(checkpoint / "mask.safetensors")) check_against_mask(checkpoint / "mask.safetensors");
  const auto named_step = checkpoint_step(checkpoint);
  RPP_CHECK(!named_step || *named_step == counters_.step, "{} holds step {}: its name must say the same",
            checkpoint, counters_.step);
  RPP_CHECK(counters_.step <= config_.train.steps, "{} has made {} steps, this run ends at train.steps {}",
            checkpoint, counters_.step, config_.train.steps);
  resumed_from_ = checkpoint;
  saved_step_ = counters_.step;
  log::info("resumed from {} at step {} of {}", checkpoint.string(), counters_.step, config_.train.steps);
}

}  // namespace rpp
