// The training loop; trainer_state.cpp handles checkpoints.
#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "best_model.h"
#include "core/prefetch.h"
#include "core/progress.h"
#include "core/rng.h"
#include "core/stop_signal.h"
#include "dist/tree_sum.h"
#include "log_start.h"
#include "ops/torch.h"
#include "optim/clip.h"
#include "plan/groups.h"
#include "plan/plan.h"
#include "plan/schedule.h"
#include "program/log.h"
#include "prune/mask_file.h"
#include "prune/report.h"
#include "rpp/error.h"
#include "runs/checkpoint.h"
#include "runs/step_window.h"
#include "train/pairwise_sum.h"
#include "train/rank_sums.h"
#include "train/step_batches.h"

namespace rpp {
namespace {

constexpr uint64_t kDropoutStream = 0x64726f70;  // separate from the sampler's draws of the same seed
constexpr int kPrefetchSteps = 2;
constexpr double kSilentSeconds = 10;  // the longest time without a log line, whatever log_every is
constexpr const char* kStopNotice =
    "signal received: ending the step, then saving (another signal ends the run without saving)\n";

Precision precision_of(const TrainConfig& config) {
  return config.precision == "bf16" ? Precision::bf16 : Precision::fp32;
}

torch::Tensor fixed_mask(const PruneConfig& prune, const FlatParams& params) {
  if (prune.method != PruneMethod::fixed || prune.mask.empty()) return {};
  return load_mask(prune.mask, params.matrices());
}

double encoder_ratio(const FlatParams& params) {
  const int64_t prunable = params.num_prunable();
  const auto zeros = params.values().narrow(0, 0, prunable).eq(0).sum().item<int64_t>();
  return static_cast<double>(zeros) / static_cast<double>(std::max<int64_t>(prunable, 1));
}

bool is_due(int64_t step, int64_t every) {
  return every > 0 && step % every == 0;
}

std::string format_metrics(const Metrics& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics) text += fmt::format("  {} {:.4f}", name, value);
  return text;
}

}  // namespace

Trainer::Trainer(Task& task, TrainerConfig config, Communicator& ranks)
    : task_(task), config_(std::move(config)), ranks_(ranks) {
  auto specs = task_.model().param_specs();
  for (ParamSpec& spec : specs) spec.trained = task_.reaches(spec.name);
  params_ = std::make_unique<FlatParams>(std::move(specs), precision_of(config_.train));
  optimizer_ = std::make_unique<ProxAdamW>(*params_, config_.optimizer);
  phase_starts_ = phase_starts(config_.prune, config_.train.steps);
  check_warmup(config_.schedule, config_.train.steps, phase_starts_);
  window_ = std::make_unique<StepWindow>();
  check_best_metric(config_.train.best_metric, task_.metric_names());
  pruner_ =
      make_pruner(config_.prune, {.params = *params_,
                                  .optimizer = optimizer_.get(),
                                  .total_steps = config_.train.steps,
                                  .fixed_mask = fixed_mask(config_.prune, *params_),
                                  .learning_rate = [this](int64_t step) { return learning_rate(step); }});
}

Trainer::~Trainer() = default;

double Trainer::learning_rate(int64_t step) const {
  return config_.optimizer.learning_rate *
         schedule_factor(config_.schedule, step, config_.train.steps, phase_starts_);
}

StepBatches Trainer::make_batches(int64_t step) const {
  return make_step_batches(task_, step, config_.train, config_.dist, ranks_);
}

void Trainer::add_gradients(const BatchPart& part, const StepCounts& counts, NamedTensors& losses) {
  auto number = static_cast<uint64_t>(part.first_number);
  for (const auto& batch : part.batches) {
    check_stop();
    const auto seed =
        mix_key(static_cast<uint64_t>(config_.train.seed), kDropoutStream, counters_.step, number++);
    const TaskLoss loss =
        task_.add_gradients(batch, counts,
                            {.training = true,
                             .dropout_seed = seed,
                             .activation_checkpointing = config_.train.activation_checkpointing});
    losses.emplace_back("loss", loss.loss);
    losses.insert(losses.end(), loss.parts.begin(), loss.parts.end());
  }
}

// A signal interrupts the passes in the middle of a step, which is repeated on resume. Except for a step that
// has changed the mask: its event would be logged twice, or never. And except for one of several ranks: the
// others would wait for it.
StepResult Trainer::run_passes(const StepBatches& step) {
  std::optional<Interruptible> passes;
  if (ranks_.is_alone() && !pruner_->has_events()) passes.emplace();
  StepCounts counts;
  for (const auto& part : step.parts) {
    for (const auto& batch : part.batches) counts.add(batch);
  }
  counts = sum_over_ranks(ranks_, counts);
  StepResult result{.tokens = counts.tokens};
  NamedTensors losses;  // read after the last pass, so that a GPU need not wait
  PairwiseSum gradients;
  for (const auto& part : step.parts) {
    params_->zero_grad();
    add_gradients(part, counts, losses);
    if (step.parts.size() > 1) gradients.add(params_->grads());
  }
  if (step.parts.size() > 1) params_->grads().copy_(gradients.total());
  sum_gradients();
  result.metrics = sum_over_ranks(ranks_, losses);
  return result;
}

void Trainer::sum_gradients() {
  if (config_.dist.deterministic) {
    tree_sum(ranks_, params_->grads());
  } else {
    ranks_.sum(params_->grads());
  }
}

StepResult Trainer::run_step(const StepBatches& batches) {
  const int64_t step = counters_.step;
  pruner_->begin_step(step);
  StepResult result = run_passes(batches);
  result.learning_rate = learning_rate(step);
  result.grad_norm = global_grad_norm(*params_);
  result.applied = std::isfinite(result.metrics["loss"]) && std::isfinite(result.grad_norm);
  if (result.applied) {
    const double grad_scale = clip_scale(result.grad_norm, config_.optimizer.max_grad_norm);
    pruner_->observe_gradients(grad_scale);
    optimizer_->step(result.learning_rate, pruner_->rule(), grad_scale);
  }
  ++counters_.step;
  counters_.tokens += result.tokens;
  counters_.skipped_steps += result.applied ? 0 : 1;
  counters_.bad_in_a_row = result.applied ? 0 : counters_.bad_in_a_row + 1;
  evaluated_ = !evaluation_is_due();
  heap_.end_step();
  return result;
}

bool Trainer::step_once() {
  return run_step(make_batches(counters_.step)).applied;
}

TrainOutcome Trainer::run() {
  MetricsLog log = begin_run();
  const StopSignal stop({.notice = ranks_.is_first() ? kStopNotice : nullptr});
  StepWindow& window = *window_;
  TrainOutcome outcome;
  outcome.last_train = window.last_means();
  try {
    log_start(task_, config_, ranks_, counters_.step);
    train(window, log, outcome, stop);
    outcome.stopped =
        any_rank(ranks_, stop.requested()) || (counters_.step < config_.train.steps && !out_of_patience());
    if (!outcome.stopped) finish(log, outcome);
  } catch (const Stopped&) {
  }
  outcome.by_signal = any_rank(ranks_, stop.requested());
  outcome.stopped = outcome.stopped || outcome.by_signal;
  if (outcome.stopped) {
    save_in_run();
    log::info("stopped at step {} of {}, saved as {}", counters_.step, config_.train.steps,
              checkpoint_path(config_.output_dir, saved_step_).string());
  }
  outcome.counters = counters_;
  outcome.encoder_ratio = encoder_ratio(*params_);
  outcome.target_ratio = target_ratio(config_.prune, params_->matrices());
  outcome.seconds = window.total_seconds();
  outcome.tokens_per_second = window.tokens_per_second();
  return outcome;
}

// Signals reach several ranks at different moments: they agree on the step after which they stop.
void Trainer::train(StepWindow& window, MetricsLog& log, TrainOutcome& outcome, const StopSignal& stop) {
  const int64_t steps = config_.train.steps;
  const int64_t end = config_.stop_after_step > 0 ? std::min(config_.stop_after_step, steps) : steps;
  if (!evaluated_ && counters_.step < steps && evaluation_is_due()) outcome.last_eval = log_eval(log);
  Prefetcher<StepBatches> batches([this](int64_t step) { return make_batches(step); }, counters_.step,
                                  kPrefetchSteps);
  while (counters_.step < end && !any_rank(ranks_, stop.requested()) && !out_of_patience()) {
    const Stopwatch stopwatch;
    const StepResult result = run_step(batches.next());
    window.add(result, stopwatch.seconds());
    if (!result.applied) note_bad_step(result);
    after_step(window, log, outcome);
  }
}

// The last step's evaluation and checkpoint follow when the mask is final.
void Trainer::finish(MetricsLog& log, TrainOutcome& outcome) {
  pruner_->finish();
  log_prune_events(log);
  const std::string missed = missed_ratios(config_.prune, params_->matrices(), pruner_->mask());
  if (!missed.empty()) log::warn("{}", missed);
  if (out_of_patience()) {
    log::info("early stopping: {} evaluations without improvement of {}", counters_.evals_since_best,
              config_.train.best_metric);
  } else {
    outcome.last_eval = log_eval(log);
  }
  save_in_run();
  if (counters_.best_step >= 0) outcome.last_eval = restore_best(log);
  if (ranks_.is_first()) write_model(config_.output_dir);
}

bool Trainer::evaluation_is_due() const {
  return counters_.step == config_.train.steps || is_due(counters_.step, config_.train.eval_every);
}

// Work that is due between steps.
void Trainer::after_step(StepWindow& window, MetricsLog& log, TrainOutcome& outcome) {
  const int64_t step = counters_.step;  // completed steps
  const bool last = step == config_.train.steps;
  log_prune_events(log);
  if (is_due(step, config_.prune.check_every)) pruner_->check_drift();
  if (last || is_due(step, config_.train.log_every)) {
    outcome.last_train = log_train(window, log);
  } else if (!since_progress_ || since_progress_->seconds() > kSilentSeconds) {
    log_progress(window, window.means());
  }
  if (!last && !evaluated_) outcome.last_eval = log_eval(log);
  if (!last && config_.train.keep_last > 0 && is_due(step, config_.train.save_every)) save_in_run();
}

Metrics Trainer::log_train(StepWindow& window, MetricsLog& log) {
  Metrics metrics = window.take();
  metrics["encoder_ratio"] = encoder_ratio(*params_);
  metrics["skipped_steps"] = static_cast<double>(counters_.skipped_steps);
  log.write(counters_.step, "train", metrics);
  log_progress(window, metrics);
  return metrics;
}

void Trainer::log_progress(const StepWindow& window, const Metrics& metrics) {
  const int64_t step = counters_.step;
  const auto loss = metrics.find("loss");
  log::info("step {}/{}  loss {:.4f}  lr {:.2e}  ratio {:.1f} %  {} tokens/s  ETA {}  {}", step,
            config_.train.steps, loss == metrics.end() ? NAN : loss->second, metrics.at("learning_rate"),
            100 * encoder_ratio(*params_), format_count(std::llround(metrics.at("tokens_per_second"))),
            format_duration(window.seconds_for(config_.train.steps - step)), pruner_->describe(step - 1));
  since_progress_.emplace();
}

// An event happened before the forward pass of the step just completed.
void Trainer::log_prune_events(MetricsLog& log) {
  for (const auto& event : pruner_->take_events()) {
    log.write(counters_.step, "prune", event.values);
    log::info("step {}  {}", counters_.step, event.text);
  }
}

Metrics Trainer::evaluate() {
  std::optional<Interruptible> evaluation;
  if (ranks_.is_alone()) evaluation.emplace();
  Metrics metrics = of_first_rank(ranks_, task_.evaluate());
  for (const auto& [name, value] : metrics) {
    if (std::isfinite(value)) continue;
    fail("the evaluation at step {} gives {} {}: {}", counters_.step, name, value, remedy_for_divergence());
  }
  return metrics;
}

// A run resumed after its last evaluation repeats it for the results, without another log line.
Metrics Trainer::log_eval(MetricsLog& log) {
  Metrics metrics = evaluate();
  const bool is_repeated = std::exchange(evaluated_, true);
  if (metrics.empty()) return metrics;
  log::info("step {}  evaluation:{}", counters_.step, format_metrics(metrics));
  metrics["encoder_ratio"] = encoder_ratio(*params_);
  if (is_repeated) return metrics;
  log.write(counters_.step, "eval", metrics);
  note_best(metrics);
  return metrics;
}

void Trainer::note_bad_step(const StepResult& result) const {
  log::warn("step {} skipped: loss {}, gradient norm {} ({} in a row)", counters_.step,
            result.metrics.at("loss"), result.grad_norm, counters_.bad_in_a_row);
  if (counters_.bad_in_a_row < config_.train.max_bad_steps) return;
  fail("{} steps in a row up to step {} were not finite: {}", counters_.bad_in_a_row, counters_.step,
       remedy_for_divergence());
}

std::string Trainer::remedy_for_divergence() const {
  const auto checkpoint = latest_checkpoint(config_.output_dir);
  return "lower optimizer.learning_rate; " +
         (checkpoint ? fmt::format("the last good checkpoint is {}", checkpoint->path)
                     : std::string("there is no checkpoint yet"));
}

}  // namespace rpp
