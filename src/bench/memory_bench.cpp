#include <algorithm>
#include <numeric>

#include "core/peak_memory.h"
#include "device_rates.h"
#include "measure/benches.h"
#include "model/init.h"
#include "program/log.h"
#include "random_rows_task.h"
#include "train/device.h"
#include "train/heap.h"
#include "train/trainer.h"

namespace rpp {
namespace {

// 10, 30, 100, 300, ...
bool is_reported(int64_t step) {
  while (step % 10 == 0) step /= 10;
  return step == 3 || step == 1;
}

}  // namespace

std::vector<Measurement> bench_memory(const TrainBench& bench) {
  give_back_freed_memory();
  reset_peak_resident_bytes();
  const int64_t num_threads = use_threads(bench.num_threads);
  const auto device = choose_device(bench.device);
  Bert model(bench.model, {.pretraining = true}, device);
  initialize(model, 1);
  TrainerConfig config;
  config.prune.method = prune_method(bench.method);
  config.train.steps = bench.steps;
  config.train.precision = bench.precision;
  config.train.activation_checkpointing = bench.activation_checkpointing;
  const auto& lengths = bench.rows.lengths;
  const auto longest = *std::max_element(lengths.begin(), lengths.end());
  NaturalRowsTask task(model, static_cast<int64_t>(lengths.size()), longest);
  Trainer trainer(task, config);

  std::vector<Measurement> lines;
  int64_t tokens = 0;
  Stopwatch stopwatch;
  for (int64_t step = 1; step <= bench.steps; ++step) {
    const auto rows = task.lengths(step - 1);
    tokens += std::accumulate(rows.begin(), rows.end(), int64_t{0});
    trainer.step_once();
    if (step != bench.steps && (step < 10 || !is_reported(step))) continue;
    synchronize(device);
    auto line = begin_measurement("memory", num_threads);
    line["model"] = bench.model_name;
    line["precision"] = bench.precision;
    line["sequences"] = lengths.size();
    line["longest"] = longest;
    line["step"] = step;
    line["resident_bytes"] = resident_bytes();
    line["peak_bytes"] = peak_resident_bytes();
    line["tokens_per_second"] = static_cast<double>(tokens) / stopwatch.seconds();
    log::info("step {} of {}: {} MB resident", step, bench.steps, resident_bytes() >> 20);
    lines.push_back(line);
    tokens = 0;
    stopwatch = Stopwatch();
  }
  return lines;
}

}  // namespace rpp
