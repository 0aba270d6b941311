#include "log_start.h"

#include <ATen/Parallel.h>

#include "core/progress.h"
#include "ops/torch.h"
#include "plan/plan.h"
#include "program/log.h"

namespace rpp {

void log_start(Task& task, const TrainerConfig& config, int64_t first_step) {
  const TrainConfig& train = config.train;
  const bool on_cpu = task.model().device().is_cpu();
  log::info("{} in {}: {} steps of {} sequences, {}, {}", first_step > 0 ? "continuing" : "training",
            config.output_dir.string(), format_count(train.steps - first_step), train.batch_size,
            train.precision, on_cpu ? fmt::format("{} threads of the CPU", at::get_num_threads()) : "GPU");
  if (const std::string data = task.describe_data(); !data.empty()) log::info("data: {}", data);
  log::info("pruning: {}", describe_plan(config.prune, train.steps));
}

}  // namespace rpp
