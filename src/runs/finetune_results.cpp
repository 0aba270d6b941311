#include "finetune_results.h"

#include "core/atomic_file.h"
#include "core/json.h"
#include "rpp/error.h"

namespace rpp {
namespace {

void write_json(const std::filesystem::path& file, const Metrics& metrics) {
  write_file_atomically(file, nlohmann::ordered_json(metrics).dump(2) + "\n");
}

}  // namespace

Metrics eval_results(const Metrics& metrics, const Metrics& samples) {
  Metrics results = samples;
  for (const auto& [name, value] : metrics) {
    if (name != "encoder_ratio") results["eval_" + name] = value;
  }
  return results;
}

Metrics read_eval_results(const std::filesystem::path& directory) {
  const auto file = directory / "eval_results.json";
  const auto values = parse_json_object(read_file(file), file.string(), "remove the run to make it again");
  Metrics results;
  for (const auto& [name, value] : values.items()) {
    RPP_CHECK(value.is_number(), "{}: '{}' is {}, no number: remove the run to make it again", file, name,
              value.dump());
    results[name] = value.get<double>();
  }
  return results;
}

Metrics train_results(const TrainOutcome& outcome, double epochs, size_t num_examples) {
  Metrics results = {{"epoch", epochs},
                     {"train_samples", static_cast<double>(num_examples)},
                     {"train_steps", static_cast<double>(outcome.counters.step)},
                     {"train_skipped_steps", static_cast<double>(outcome.counters.skipped_steps)},
                     {"train_runtime", outcome.seconds},
                     {"train_tokens_per_second", outcome.tokens_per_second},
                     {"encoder_ratio", outcome.encoder_ratio}};
  if (outcome.target_ratio > 0) results["target_ratio"] = outcome.target_ratio;
  if (outcome.last_train.contains("loss")) results["train_loss"] = outcome.last_train.at("loss");
  return results;
}

void write_results(const std::filesystem::path& directory, const Metrics& train, const Metrics& eval) {
  Metrics all = train;
  all.insert(eval.begin(), eval.end());
  write_json(directory / "train_results.json", train);
  write_json(directory / "eval_results.json", eval);
  write_json(directory / "all_results.json", all);
}

}  // namespace rpp
