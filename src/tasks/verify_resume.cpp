// Verifies that a resumed run repeats the uninterrupted one bit for bit.
#include <fmt/format.h>

#include <algorithm>

#include "bert_format/model_files.h"
#include "core/atomic_file.h"
#include "core/stop_signal.h"
#include "io/safetensors.h"
#include "rank_agreement.h"
#include "rpp/error.h"
#include "runs/checkpoint.h"
#include "tasks/run.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// The first tensor that differs between two files; empty if there is none.
std::string first_difference(const fs::path& a, const fs::path& b) {
  const SafetensorsFile file_a(a), file_b(b);
  if (file_a.tensors().size() != file_b.tensors().size()) return "the number of tensors";
  for (const TensorView& tensor : file_a.tensors()) {
    const TensorView* other = file_b.find(tensor.name);
    const bool equal = other != nullptr && std::equal(tensor.data.begin(), tensor.data.end(),
                                                      other->data.begin(), other->data.end());
    if (!equal) return tensor.name;
  }
  return "";
}

std::string compare_checkpoints(const fs::path& a, const fs::path& b) {
  for (const char* name :
       {kWeightsFile, "training/optimizer.safetensors", "training/pruner.safetensors", "mask.safetensors"}) {
    if (!fs::exists(a / name) && !fs::exists(b / name)) continue;
    const std::string difference = first_difference(a / name, b / name);
    if (!difference.empty()) return fmt::format("{} of {}", difference, name);
  }
  return "";
}

PretrainConfig shortened(PretrainConfig config, int64_t steps, const fs::path& output_dir) {
  config.output_dir = output_dir;
  config.train.steps = steps;
  config.train.save_every = 0;
  config.train.keep_checkpoints = true;  // needed for the comparison
  config.train.eval_every = 0;
  config.train.eval_batches = 1;
  config.prune.rpp.steps_per_round = 0;  // distributes the rounds over these steps
  config.schedule.warmup_steps = std::min(config.schedule.warmup_steps, steps / 2);
  return config;
}

// The signal ended this run and is passed on.
void run_part(const PretrainConfig& config, const RunOptions& options) {
  if (run_pretraining(config, options).by_signal) throw Stopped();
}

}  // namespace

ResumeProof verify_pretraining_resume(const PretrainConfig& config, int64_t steps) {
  require_one_process("--verify-resume");
  if (steps < 2) fail_usage("--verify-resume {}: it takes two steps at least", steps);
  const fs::path base = (fs::path(config.output_dir) / "").parent_path();  // without a trailing slash
  if (base.has_parent_path()) fs::create_directories(base.parent_path());
  const TemporaryDirectory whole(base.string() + ".verify-whole");
  const TemporaryDirectory parts(base.string() + ".verify-parts");
  ResumeProof proof{.steps = steps, .stopped_at = steps / 2, .difference = {}};
  run_part(shortened(config, steps, whole.path()), {});
  run_part(shortened(config, steps, parts.path()), {.resume = "", .stop_after_step = proof.stopped_at});
  run_part(shortened(config, steps, parts.path()), {.resume = "auto"});
  proof.difference =
      compare_checkpoints(checkpoint_path(whole.path(), steps), checkpoint_path(parts.path(), steps));
  return proof;
}

}  // namespace rpp
