// The formats that only the training programs read: masks, checkpoints, run directories.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "analysis/model_zeros.h"
#include "analysis/verify_zeros.h"
#include "core/atomic_file.h"
#include "damage.h"
#include "data/shards.h"
#include "expectation.h"
#include "program/line_reader.h"
#include "program/sha256.h"
#include "rpp/error.h"
#include "rpp/tokenizer.h"
#include "runs/checkpoint.h"
#include "runs/metrics_log.h"
#include "tasks/run.h"
#include "tokenizer_files/load_tokenizer.h"
#include "train/device.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr int kSteps = 4, kCheckpoint = 2;

std::string corpus() {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += fmt::format("w{} w{} w{}\n", i % 20, i % 7, i % 13);
    if (i % 10 == 9) text += "\n";
  }
  return text;
}

PretrainConfig config(const fs::path& folder) {
  PretrainConfig config;
  config.model_config = folder / "model.yaml";
  config.tokenizer = folder / "vocab.txt";
  config.output_dir = folder / "run";
  config.data.train = {folder / "shards"};
  config.data.valid = {folder / "shards"};
  config.data.max_seq_length = 16;
  config.data.max_predictions = 3;
  config.optimizer.learning_rate = 1e-3;
  config.prune.method = PruneMethod::rpp;
  config.prune.rpp.rounds = 2;
  config.prune.rpp.gamma = 2e-2;
  config.train.steps = kSteps;
  config.train.batch_size = 4;
  config.train.eval_batches = 1;
  config.train.save_every = kCheckpoint;
  config.train.keep_checkpoints = true;
  config.train.num_threads = 1;
  return config;
}

void make_inputs(const fs::path& folder) {
  std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  for (int word = 0; word < 20; ++word) vocabulary += fmt::format("w{}\n", word);
  write_file_atomically(folder / "vocab.txt", vocabulary);
  write_file_atomically(folder / "model.yaml",
                        "vocab_size: 25\nhidden_size: 8\nnum_hidden_layers: 1\nnum_attention_heads: 2\n"
                        "intermediate_size: 12\nmax_position_embeddings: 16\n");
  write_file_atomically(folder / "corpus.txt", corpus());
  build_shards({.inputs = {folder / "corpus.txt"}, .output_dir = folder / "shards", .num_threads = 1},
               *load_tokenizer(folder / "vocab.txt"));
}

// A finished run whose last checkpoint is at step 4; stopped: a run with one at step 2.
void make_run(const fs::path& folder, int64_t stop_after_step) {
  make_inputs(folder);
  run_pretraining(config(folder), {.resume = "", .stop_after_step = stop_after_step});
}

// Updates sizes and hashes to those of the current files.
void seal_checkpoint(const fs::path& folder) {
  const fs::path checkpoint = checkpoint_path(folder / "run", kCheckpoint);
  const fs::path file = checkpoint / "manifest.json";
  ordered_json manifest = ordered_json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object() || !manifest.contains("files") || !manifest["files"].is_object()) return;
  for (const auto& [name, entry] : manifest["files"].items()) {
    if (!entry.is_object() || !fs::is_regular_file(checkpoint / name)) continue;
    entry["bytes"] = fs::file_size(checkpoint / name);
    entry["sha256"] = sha256_file(checkpoint / name);
  }
  write_file_atomically(file, manifest.dump(2, ' ', false, ordered_json::error_handler_t::replace));
}

void resume(const fs::path& folder) {
  const TrainOutcome outcome = run_pretraining(config(folder), {.resume = "auto"});
  expect(!outcome.stopped && outcome.counters.step == kSteps, "a run that did not reach its end");
}

void make_checkpoint(const fs::path& folder) {
  make_run(folder, kCheckpoint);
}

// `also_named`: accepted instead of the file's name, for values that a run could have and whose hashes were
// repaired.
DamagedFormat checkpoint_format(const char* name, std::vector<std::string> files,
                                std::vector<std::string> also_named = {}) {
  for (std::string& file : files) file = fmt::format("run/checkpoint-{}/{}", kCheckpoint, file);
  return {.name = name,
          .files = std::move(files),
          .make = make_checkpoint,
          .read = resume,
          .repair = seal_checkpoint,
          .also_named = std::move(also_named)};
}

DamagedFormat of_finished_run(const char* name, std::vector<std::string> files,
                              std::function<void(const fs::path& folder)> read) {
  return {.name = name,
          .files = std::move(files),
          .make = [](const fs::path& folder) { make_run(folder, 0); },
          .read = std::move(read)};
}

void inspect(const fs::path& folder) {
  const ModelZeros model = read_zeros(folder / "run");
  const auto mask = mask_from(folder / "run/mask.safetensors", model);
  expect(mask.size() == model.nonzero.size(), "a mask of another size than the model");
  verify_zeros(folder / "run");
}

// A resumed run truncates its log and continues it.
void append_metrics(const fs::path& folder) {
  const fs::path file = folder / "run/metrics.jsonl";
  MetricsLog(file, kCheckpoint).write(kCheckpoint + 1, "train", {{"loss", 1.0}});
  LineReader reader(file);
  for (std::string line; reader.next(line);) {
    expect(nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false).is_object(),
           "a line of the log that is no JSON object");
  }
}

FinetuneConfig finetune_config(const fs::path& folder) {
  FinetuneConfig config;
  config.task = "sst2";
  config.data_dir = folder;
  config.model = folder / "run";
  config.output_dir = folder / "tuned";
  config.max_seq_length = 16;
  config.epochs = 1;
  config.train.batch_size = 4;
  config.train.num_threads = 1;
  return config;
}

constexpr int64_t kSeeds[] = {1, 2};

void finetune_seeds(const fs::path& folder) {
  const SeedsOutcome outcome = run_finetuning_seeds(finetune_config(folder), kSeeds, {.resume = "auto"});
  expect(!outcome.stopped && outcome.finished == 2, "seeds that did not finish");
}

void make_seeds(const fs::path& folder) {
  make_run(folder, 0);
  std::string rows = "sentence\tlabel\n";
  for (int i = 0; i < 4; ++i) rows += fmt::format("w{} w2\t{}\n", i, i % 2);
  for (const char* split : {"train.tsv", "dev.tsv"}) write_file_atomically(folder / split, rows);
  finetune_seeds(folder);
}

}  // namespace

std::vector<DamagedFormat> damaged_formats() {
  return {checkpoint_format("checkpoint-manifest", {"manifest.json"}),
          checkpoint_format("checkpoint-state", {"training/state.json"}, {" holds was "}),
          checkpoint_format("checkpoint-optimizer", {"training/optimizer.safetensors"},
                            {"lower optimizer.learning_rate"}),
          checkpoint_format("checkpoint-pruner", {"training/pruner.safetensors"}),
          checkpoint_format("checkpoint-config", {"training/config.yaml"}),
          checkpoint_format("checkpoint-model", {"model.safetensors", "mask.safetensors", "config.json"}),
          of_finished_run("mask", {"run/mask.safetensors"}, inspect),
          of_finished_run("weights", {"run/model.safetensors"}, inspect),
          of_finished_run("model-config-json", {"run/config.json"}, inspect),
          of_finished_run("metrics", {"run/metrics.jsonl"}, append_metrics),
          of_finished_run("finished", {"run/finished.json"}, resume),
          {.name = "seeds",
           .files = {"tuned/seed-1/eval_results.json", "tuned/seed-2/finished.json"},
           .make = make_seeds,
           .read = finetune_seeds}};
}

}  // namespace rpp
