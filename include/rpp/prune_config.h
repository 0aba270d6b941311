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
  double layer_decay = 1.0;  // the rate of each layer over that of the one above; heads have the full rate
};

struct ScheduleConfig {
  std::string decay = "linear";  // linear, cosine, constant
  std::string phases = "last";   // whole, each, last: which of the pruner's phases the decay runs over
  int64_t warmup_steps = 0;
  double warmup_ratio = 0.0;  // of all steps, where warmup_steps is 0
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
  double target_ratio = 0.5;  // zeros over entries of the matrices that neither exclude nor ratios names
  std::vector<std::string> exclude;  // patterns of matrices that are not pruned
  std::vector<std::string> ratios;   // pattern=ratio: matrices with a ratio of their own
  bool hold_zeros = true;            // zeros that the model brings stay, and count
  std::string ranking = "matrix";    // nip, gradual, one_shot, movement: matrix, global
  int64_t rounds = 12;               // rpp: refreshes of alpha are between rounds
  int64_t steps_per_round = 0;       // rpp: 0 spreads the rounds over the steps before recovery
  double first_round_share = 0.1;    // rpp: length of the first round over that of the others
  double epsilon = 1e-3;             // rpp: alpha = 1 / (|w| + epsilon)
  double gamma = 0.0;                // rpp: weight of the penalty; 0: found while training, for target_ratio
  std::string prox_scaling = "preconditioned";  // rpp: lr, preconditioned
  double recovery_share = 0.3;   // rpp: share of the steps, at the end, that train with the mask held
  int64_t recovery_steps = 0;    // rpp: as a number; 0: recovery_share decides
  bool final_topk = false;       // rpp: an exact top-k after the last round; not part of the method
  int64_t stages = 0;            // nip: 0 is one for every ten points of target_ratio
  double ramp_begin = 0.0;       // gradual, movement: share of the steps at which pruning begins
  double ramp_end = 0.7;         // and ends; the rest trains with the mask held
  int64_t mask_updates = 32;     // gradual, movement: prunings between the two
  double prune_at = 0.0;         // one_shot: share of the steps at which it prunes; 1: after the last
  double score_rate = 1.0;       // soft_movement: learning rate of the scores
  double score_penalty = 1e-3;   // soft_movement: weight of the sum of sigmoid(scores)
  double score_threshold = 0.1;  // soft_movement: kept while sigmoid(score) is larger
  int64_t check_every = 100;     // steps between proofs that zeros held; 0: at saves only
  std::string mask;              // fixed: a mask.safetensors; empty: the zeros of the model
};

}  // namespace rpp
