// The best weights of a run: recorded at evaluations, kept in output_dir/best, and restored at the end.
#include "best_model.h"

#include <algorithm>
#include <cmath>

#include "core/atomic_file.h"
#include "core/nearest.h"
#include "model/hf_checkpoint.h"
#include "ops/torch.h"
#include "plan/plan.h"
#include "program/log.h"
#include "rpp/error.h"
#include "runs/branch.h"
#include "runs/checkpoint.h"
#include "train/trainer.h"

namespace rpp {
namespace {

// The model of a checkpoint, without the training state.
void copy_model(const std::filesystem::path& checkpoint, const std::filesystem::path& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(checkpoint)) {
    const auto name = entry.path().filename();
    if (entry.is_regular_file() && name != "manifest.json")
      std::filesystem::copy_file(entry.path(), directory / name);
  }
}

// Whether the previous process had these settings.
bool has_config(const std::filesystem::path& run_dir, const std::string& config_yaml) {
  const auto file = run_dir / "config.yaml";
  return std::filesystem::exists(file) && read_file(file) == config_yaml;
}

}  // namespace

bool is_better(const std::string& metric, double value, double than) {
  if (!std::isfinite(value) || !std::isfinite(than)) return std::isfinite(value);
  const bool is_loss = metric.find("loss") != std::string::npos;  // mlm_loss, loss_mm
  return is_loss ? value < than : value > than;
}

void check_best_metric(const std::string& metric, const std::vector<std::string>& known) {
  if (metric.empty() || std::find(known.begin(), known.end(), metric) != known.end()) return;
  if (known.empty()) fail_usage("train.best_metric is {}, but there is nothing to evaluate on", metric);
  fail_usage("train.best_metric: no evaluation gives '{}'{} (known: {})", metric, did_you_mean(metric, known),
             fmt::join(known, ", "));
}

bool Trainer::out_of_patience() const {
  return config_.train.patience > 0 && counters_.evals_since_best >= config_.train.patience;
}

// A model that is not fully pruned yet is not a candidate.
void Trainer::note_best(const Metrics& metrics) {
  const std::string& metric = config_.train.best_metric;
  const int64_t steps = config_.train.steps;
  const bool is_pruned = counters_.step == steps || counters_.step > last_mask_change(config_.prune, steps);
  if (metric.empty() || !is_pruned) return;
  const double value = metrics.at(metric);
  const double best = counters_.best_step >= 0 ? counters_.best_value : NAN;
  if (!is_better(metric, value, best)) {
    ++counters_.evals_since_best;
    return;
  }
  counters_.best_step = counters_.step;
  counters_.best_value = value;
  counters_.evals_since_best = 0;
  if (!ranks_.is_first()) return;
  write_checkpoint(config_.output_dir / kBest, [&](const auto& directory) {
    write_model(directory);
    write_best_record(directory, {.step = counters_.step, .value = value});
  });
}

// Keeps what belongs to the resumed branch, and moves the rest aside.
void Trainer::begin_branch() {
  const auto& run_dir = config_.output_dir;
  BranchPoint point{.checkpoint = resumed_from_,
                    .step = counters_.step,
                    .repeats = has_config(run_dir, config_.config_yaml)};
  if (counters_.best_step >= 0) point.best = {.step = counters_.best_step, .value = counters_.best_value};
  set_aside_abandoned(run_dir, point);
  if (saved_step_ >= 0 && !std::filesystem::exists(checkpoint_path(run_dir, saved_step_))) saved_step_ = -1;
  if (!point.best || read_best_record(run_dir / kBest) == point.best) return;
  if (const auto found = find_best(run_dir, point)) {
    verify_checkpoint(*found);
    write_checkpoint(run_dir / kBest, [&](const auto& directory) {
      copy_model(*found, directory);
      write_best_record(directory, *point.best);
    });
    return;
  }
  log::warn(
      "the best weights so far (step {}, {} {:.4f}) are in no checkpoint: the best is chosen again from step "
      "{}",
      counters_.best_step, config_.train.best_metric, counters_.best_value, counters_.step);
  counters_.best_step = -1;
  counters_.best_value = 0;
  counters_.evals_since_best = 0;
}

// begin_branch may have forgotten the best weights.
void Trainer::follow_first_rank() {
  const auto best = torch::tensor({static_cast<double>(counters_.best_step), counters_.best_value,
                                   static_cast<double>(counters_.evals_since_best)},
                                  torch::kFloat64);
  ranks_.broadcast(best);
  counters_.best_step = static_cast<int64_t>(best[0].item<double>());
  counters_.best_value = best[1].item<double>();
  counters_.evals_since_best = static_cast<int64_t>(best[2].item<double>());
}

// Evaluates the restored weights, so that the run reports the weights that it saves.
Metrics Trainer::restore_best(MetricsLog& log) {
  log::info("restored the best checkpoint (step {}): {} {:.4f}", counters_.best_step,
            config_.train.best_metric, counters_.best_value);
  if (ranks_.is_first()) {
    const auto directory = config_.output_dir / kBest;
    verify_checkpoint(directory);
    load_weights(task_.model(), directory);
  }
  ranks_.broadcast(params_->values());
  params_->refresh_working();
  Metrics metrics = evaluate();
  log.write(counters_.step, "best", metrics);
  return metrics;
}

}  // namespace rpp
