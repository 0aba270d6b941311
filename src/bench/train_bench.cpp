#include "bench/section_times.h"
#include "core/peak_memory.h"
#include "device_rates.h"
#include "measure/benches.h"
#include "measure/flops.h"
#include "model/init.h"
#include "ops/torch.h"
#include "random_rows_task.h"
#include "train/device.h"
#include "train/heap.h"
#include "train/trainer.h"

namespace rpp {
namespace {

constexpr int64_t kStepsOfRun = 1000;  // the length that a pruner plans for; only the first steps are run

TrainerConfig trainer_config(const TrainBench& bench) {
  TrainerConfig config;
  config.prune.method = prune_method(bench.method);
  config.train.steps = kStepsOfRun;
  config.train.precision = bench.precision;
  config.train.activation_checkpointing = bench.activation_checkpointing;
  config.train.cuda_graph = bench.cuda_graph;
  return config;
}

TokenWork work_of(const PackedBatch& batch, const RandomRows& rows) {
  const auto tokens = static_cast<double>(batch.num_tokens());
  double pairs = 0;
  for (const int64_t length : rows.lengths) pairs += static_cast<double>(length * length);
  return {.attended = pairs / tokens,
          .predictions = static_cast<double>(batch.mlm_positions.size()) / tokens,
          .sequences = static_cast<double>(batch.num_sequences()) / tokens};
}

// Fractions of `total` seconds.
Measurement shares_of(const std::map<std::string, double>& sections, double total) {
  Measurement shares = Measurement::object();
  double rest = 1.0;
  for (const auto& [name, seconds] : sections) {
    shares[name] = seconds / total;
    rest -= seconds / total;
  }
  shares["rest"] = rest;
  return shares;
}

}  // namespace

std::vector<Measurement> bench_train(const TrainBench& bench) {
  give_back_freed_memory();
  reset_peak_resident_bytes();
  const int64_t num_threads = use_threads(bench.num_threads);
  const auto device = choose_device(bench.device);
  Bert model(bench.model, {.pretraining = true}, device);
  initialize(model, 1);
  const TrainerConfig config = trainer_config(bench);
  check_cuda_graph(model, config.train);
  RandomRowsTask task(model, bench.rows, bench.cuda_graph);
  Trainer trainer(task, config);
  const auto step = [&] {
    trainer.step_once();
    synchronize(device);
  };
  step();
  const double seconds = best_seconds(bench.steps, step);
  const int64_t peak_bytes = peak_resident_bytes();

  const auto tokens = static_cast<double>(task.batch().num_tokens());
  const double flops = training_flops_per_token(bench.model, work_of(task.batch(), bench.rows));
  const double limit = gemm_flops_per_second(device, scalar_type_of(bench.precision));
  auto line = begin_measurement("train", num_threads);
  line["device"] = device_name(device);
  line["model"] = bench.model_name;
  line["precision"] = bench.precision;
  line["method"] = bench.method;
  line["activation_checkpointing"] = bench.activation_checkpointing;
  line["cuda_graph"] = bench.cuda_graph;
  line["sequences"] = bench.rows.lengths.size();
  line["longest"] = *std::max_element(bench.rows.lengths.begin(), bench.rows.lengths.end());
  line["tokens"] = task.batch().num_tokens();
  line["step_seconds"] = seconds;
  line["tokens_per_second"] = tokens / seconds;
  line["flops_per_token"] = flops;
  line["flops_per_second"] = flops * tokens / seconds;
  line["gemm_flops_per_second"] = limit;
  line["share_of_gemm"] = flops * tokens / seconds / limit;
  line["peak_bytes"] = peak_bytes;
  if (device.is_cpu()) {
    const SectionTimes times;
    const Stopwatch stopwatch;
    step();
    line["sections"] = shares_of(times.seconds(), stopwatch.seconds());
  }
  return {line};
}

}  // namespace rpp
