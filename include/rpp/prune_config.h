// How weights are optimized and pruned: plain structs; the defaults stand here and nowhere else.
//
// A field's name is its key in a YAML file under "optimizer", "schedule" or "prune" (docs/config.md).
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace rpp {

struct OptimizerConfig {
  double learning_rate = 2e-5;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-6;
  double weight_decay = 0.01;  // not on biases and LayerNorm
  double max_grad_norm = 1.0;  // 0: no clipping
  bool bias_correction = true;
  double layer_decay = 1.0;  // learning-rate factor from each layer to the one below; 1 for heads
};

struct ScheduleConfig {
  std::string decay = "linear";  // linear, cosine, constant
  std::string phases = "last";   // whole, each, last: the phases of the pruner that the decay runs over
  int64_t warmup_steps = 0;
  double warmup_ratio = 0.0;  // of all steps; used if warmup_steps is 0
};

enum class PruneMethod { dense, rpp, nip, gradual, one_shot, movement, soft_movement, fixed };

// The values of prune.method, in the order of the enum.
inline const std::initializer_list<std::string_view> kPruneMethods = {
    "dense", "rpp", "nip", "gradual", "one_shot", "movement", "soft_movement", "fixed"};

inline std::string_view method_name(PruneMethod method) {
  return kPruneMethods.begin()[static_cast<size_t>(method)];
}

// `name` is one of kPruneMethods.
inline PruneMethod prune_method(std::string_view name) {
  const auto* found = std::find(kPruneMethods.begin(), kPruneMethods.end(), name);
  assert(found != kPruneMethods.end());
  return static_cast<PruneMethod>(found - kPruneMethods.begin());
}

struct PruneConfig {
  PruneMethod method = PruneMethod::dense;
  double target_ratio = 0.5;         // zeros over entries of the matrices not named by exclude or ratios
  std::vector<std::string> exclude;  // patterns of matrices that are not pruned
  std::vector<std::string> ratios;   // pattern=ratio: matrices with their own target ratio
  bool hold_zeros = true;            // zeros of the initial model stay zero, and count towards the target
  std::string ranking = "matrix";    // nip, gradual, one_shot, movement: matrix, global
  int64_t rounds = 12;               // rpp: alpha is updated between rounds
  int64_t steps_per_round = 0;       // rpp: 0 distributes the steps before recovery over the rounds
  double first_round_share = 0.1;    // rpp: length of the first round relative to the others
  double epsilon = 1e-3;             // rpp: alpha = 1 / (|w| + epsilon)
  double gamma = 0.0;                // rpp: weight of the penalty; 0: found during training, for target_ratio
  std::string prox_scaling = "preconditioned";  // rpp: lr, preconditioned
  double recovery_share = 0.3;   // rpp: fraction of the steps, at the end, that train with the mask fixed
  int64_t recovery_steps = 0;    // rpp: the same as a number of steps; 0: use recovery_share
  bool final_topk = false;       // rpp: exact top-k after the last round; not part of the published method
  int64_t stages = 0;            // nip: 0 means one per ten points of target_ratio
  double ramp_begin = 0.0;       // gradual, movement: fraction of the steps at which pruning starts
  double ramp_end = 0.7;         // and ends; the rest trains with the mask fixed
  int64_t mask_updates = 32;     // gradual, movement: number of prunings between the two
  double prune_at = 0.0;         // one_shot: fraction of the steps at which it prunes; 1: after the last
  double score_rate = 1.0;       // soft_movement: learning rate of the scores
  double score_penalty = 1e-3;   // soft_movement: weight of the sum of sigmoid(scores)
  double score_threshold = 0.1;  // soft_movement: weights are kept while sigmoid(score) is larger
  int64_t check_every = 100;     // steps between verifications of the zeros; 0: only when saving
  std::string mask;              // fixed: a mask.safetensors; empty: the zeros of the model
};

}  // namespace rpp
