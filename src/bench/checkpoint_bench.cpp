#include "measure/benches.h"
#include "model/init.h"
#include "ops/torch.h"
#include "random_rows_task.h"
#include "rpp/error.h"
#include "train/trainer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

int64_t bytes_in(const fs::path& directory) {
  int64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) bytes += static_cast<int64_t>(entry.file_size());
  }
  return bytes;
}

}  // namespace

std::vector<Measurement> bench_checkpoint(const CheckpointBench& bench) {
  RPP_CHECK(!fs::exists(bench.directory), "{} exists already: name a new directory", bench.directory);
  Bert model(bench.model, {.pretraining = true});
  initialize(model, 1);
  RandomRowsTask task(model, {.lengths = {8}});
  Trainer trainer(task, {});
  const auto checkpoint = bench.directory / "checkpoint-0";
  fs::create_directories(bench.directory);
  const double save_seconds = best_seconds(bench.repeat, [&] {
    fs::remove_all(checkpoint);
    trainer.save(checkpoint);
  });
  const double load_seconds = best_seconds(bench.repeat, [&] { trainer.resume(checkpoint); });
  const auto bytes = static_cast<double>(bytes_in(checkpoint));
  fs::remove_all(bench.directory);
  auto line = begin_measurement("checkpoint", 1);
  line["model"] = bench.model_name;
  line["bytes"] = static_cast<int64_t>(bytes);
  line["save_bytes_per_second"] = bytes / save_seconds;
  line["load_bytes_per_second"] = bytes / load_seconds;
  return {line};
}

}  // namespace rpp
