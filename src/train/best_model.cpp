// The best weights of a run: noted at evaluations, kept in output_dir/best, and taken at the end.
#include "best_model.h"

#include <algorithm>

#include "rpp/core/error.h"
#include "rpp/core/log.h"
#include "rpp/core/nearest.h"
#include "rpp/model/hf_checkpoint.h"
#include "rpp/ops/torch.h"
#include "rpp/prune/plan.h"
#include "rpp/train/checkpoint.h"
#include "rpp/train/trainer.h"

namespace rpp {

bool is_better(const std::string& metric, double value, double than) {
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

// A model with other zeros than the run ends with is no candidate.
void Trainer::note_best(const Metrics& metrics) {
  const std::string& metric = config_.train.best_metric;
  const int64_t steps = config_.train.steps;
  const bool is_pruned = counters_.step == steps || counters_.step > last_mask_change(config_.prune, steps);
  if (metric.empty() || !is_pruned) return;
  const double value = metrics.at(metric);
  if (counters_.best_step >= 0 && !is_better(metric, value, counters_.best_value)) {
    ++counters_.evals_since_best;
    return;
  }
  counters_.best_step = counters_.step;
  counters_.best_value = value;
  counters_.evals_since_best = 0;
  write_checkpoint(config_.output_dir / "best", [this](const auto& directory) { write_model(directory); });
}

// Evaluates what it has loaded, so that the run reports the weights that it saves.
Metrics Trainer::restore_best(MetricsLog& log) {
  log::info("restored the best checkpoint (step {}): {} {:.4f}", counters_.best_step,
            config_.train.best_metric, counters_.best_value);
  const auto directory = config_.output_dir / "best";
  verify_checkpoint(directory);
  load_weights(task_.model(), directory);
  params_->refresh_working();
  Metrics metrics = evaluate();
  log.write(counters_.step, "best", metrics);
  return metrics;
}

}  // namespace rpp
