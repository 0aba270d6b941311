#include "train/preflight.h"

#include <algorithm>

#include "core/peak_memory.h"
#include "core/progress.h"
#include "ops/torch.h"
#include "plan/plan.h"
#include "prune/report.h"
#include "rpp/error.h"
#include "train/trainer.h"

namespace rpp {
namespace {

int64_t bytes_of(const torch::Tensor& tensor) {
  return tensor.defined() ? static_cast<int64_t>(tensor.nbytes()) : 0;
}

int64_t state_bytes(Trainer& trainer) {
  const FlatParams& params = trainer.params();
  int64_t bytes = bytes_of(params.values()) + bytes_of(params.grads()) + bytes_of(params.working()) +
                  bytes_of(trainer.optimizer().exp_avg()) + bytes_of(trainer.optimizer().exp_avg_sq());
  for (const auto& [name, tensor] : trainer.pruner().state()) bytes += bytes_of(tensor);
  return bytes;
}

double gibibytes(int64_t bytes) {
  return static_cast<double>(bytes) / (1 << 30);
}

}  // namespace

PreflightReport preflight(Trainer& trainer, const TrainerConfig& config, int64_t probe_steps) {
  const FlatParams& params = trainer.params();
  PreflightReport report{.parameters = params.size(),
                         .prunable = params.num_prunable(),
                         .steps = config.train.steps,
                         .state_bytes = state_bytes(trainer),
                         .prune_plan = describe_plan(config.prune, config.train.steps),
                         .sparsity = sparsity_report(params, params.size())};
  RPP_CHECK(trainer.step_once(),
            "the loss or the gradient of the first step is not finite: check the model's weights");
  const int64_t tokens_before = trainer.counters().tokens;
  const int64_t steps = std::min(probe_steps, config.train.steps - 1);
  const Stopwatch stopwatch;
  for (int64_t i = 0; i < steps; ++i) trainer.step_once();
  report.seconds_per_step = steps > 0 ? stopwatch.seconds() / static_cast<double>(steps) : 0;
  report.tokens_per_step = static_cast<double>(trainer.counters().tokens - tokens_before) /
                           static_cast<double>(std::max<int64_t>(steps, 1));
  report.peak_bytes = peak_resident_bytes();
  return report;
}

std::string format_preflight(const PreflightReport& report) {
  const double tokens_per_second =
      report.seconds_per_step > 0 ? report.tokens_per_step / report.seconds_per_step : 0;
  // A dense model needs no lines per matrix.
  const bool is_sparse = report.sparsity.zeros() > 0;
  return fmt::format(
      "parameters   {} ({} prunable)\n"
      "pruning      {}\n"
      "memory       {:.2f} GiB of state, {:.2f} GiB resident at the peak of the probe\n"
      "time         {} steps of {:.2f} s ({:.0f} tokens/s): about {} without evaluation and "
      "checkpoints\n"
      "{}{}check passed, nothing was started\n",
      format_count(report.parameters), format_count(report.prunable), report.prune_plan,
      gibibytes(report.state_bytes), gibibytes(report.peak_bytes), format_count(report.steps),
      report.seconds_per_step, tokens_per_second,
      format_duration(report.seconds_per_step * static_cast<double>(report.steps)), is_sparse ? "\n" : "",
      is_sparse ? format_report(report.sparsity) : format_ratios(report.sparsity));
}

}  // namespace rpp
