#include "log_start.h"

#include <ATen/Parallel.h>

#include "core/progress.h"
#include "ops/bf16_matmul.h"
#include "ops/torch.h"
#include "plan/plan.h"
#include "program/log.h"

namespace rpp {
namespace {

std::string describe_precision(const std::string& precision, const torch::Device& device) {
  if (precision != "bf16" || has_bf16_matmul(device)) return precision;
  return "bf16 (matmuls in fp32: the processor has none in bf16)";
}

std::string describe_processors(const torch::Device& device, const Communicator& ranks) {
  if (!device.is_cpu()) return "GPU";
  if (ranks.is_alone()) return fmt::format("{} threads of the CPU", at::get_num_threads());
  return fmt::format("{} ranks ({}), this one with {} threads of the CPU", ranks.size(),
                     ranks.place().launcher, at::get_num_threads());
}

}  // namespace

void log_start(Task& task, const TrainerConfig& config, const Communicator& ranks, int64_t first_step) {
  const TrainConfig& train = config.train;
  const torch::Device device = task.model().device();
  log::info("{} in {}: {} steps of {} sequences, {}, {}", first_step > 0 ? "continuing" : "training",
            config.output_dir.string(), format_count(train.steps - first_step), train.batch_size,
            describe_precision(train.precision, device), describe_processors(device, ranks));
  if (const std::string data = task.describe_data(); !data.empty()) log::info("data: {}", data);
  log::info("pruning: {}", describe_plan(config.prune, train.steps));
}

}  // namespace rpp
