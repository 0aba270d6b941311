// How weights are optimized and pruned: plain structs; the defaults stand here and nowhere else.
//
// Their keys in a YAML file lie under "optimizer", "schedule" and "prune" (src/config/fields.h,
// docs/config.md).
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
  double decay_begin = 0.0;      // fraction of the steps at which the decay begins; constant before
  bool rewind = false;           // warmup and decay in every phase of pruning, instead of one of each
  int64_t warmup_steps = 0;
  double warmup_ratio = 0.0;  // of all steps; used if warmup_steps is 0
};

// An enum's names stand in a list in its order.
template <typename Enum>
std::string_view enum_name(std::initializer_list<std::string_view> names, Enum value) {
  return names.begin()[static_cast<size_t>(value)];
}

// `name` is one of `names`.
template <typename Enum>
Enum enum_named(std::initializer_list<std::string_view> names, std::string_view name) {
  const auto* found = std::find(names.begin(), names.end(), name);
  assert(found != names.end());
  return static_cast<Enum>(found - names.begin());
}

enum class PruneMethod {
  dense,
  rpp,
  rpp_preconditioned,
  nip,
  gradual,
  one_shot,
  movement,
  soft_movement,
  fixed
};

// The values of prune.method, in the order of the enum.
inline const std::initializer_list<std::string_view> kPruneMethods = {
    "dense", "rpp", "rpp_preconditioned", "nip", "gradual", "one_shot", "movement", "soft_movement", "fixed"};

// `name` is one of kPruneMethods.
inline PruneMethod prune_method(std::string_view name) {
  return enum_named<PruneMethod>(kPruneMethods, name);
}

// Of methods that rank weights: one ranking for each matrix, or one for all.
enum class Ranking { matrix, global };

// The values of prune.ranking, in the order of the enum.
inline const std::initializer_list<std::string_view> kRankings = {"matrix", "global"};

// How important a weight is to the methods that rank: |w|, or |w| sqrt(v), where v is AdamW's mean of the
// squared gradients (an estimate of the diagonal of the Fisher information: w^2 v, half of it, estimates what
// the loss rises by when w becomes 0; LeCun et al. 1989, Theis et al. arXiv:1801.05787).
enum class Importance { magnitude, fisher };

// The values of prune.importance, in the order of the enum.
inline const std::initializer_list<std::string_view> kImportances = {"magnitude", "fisher"};

inline std::string_view name_of(PruneMethod method) {
  return enum_name(kPruneMethods, method);
}
inline std::string_view name_of(Ranking ranking) {
  return enum_name(kRankings, ranking);
}
inline std::string_view name_of(Importance importance) {
  return enum_name(kImportances, importance);
}

// Whether weights are pruned by the reweighted proximal operator. rpp is the published form: the threshold of
// a weight is lr * gamma * alpha; rpp_preconditioned divides it by AdamW's denominator.
inline bool is_rpp(PruneMethod method) {
  return method == PruneMethod::rpp || method == PruneMethod::rpp_preconditioned;
}

// Whether the ratio rises by the cubic ramp of Zhu & Gupta (arXiv:1710.01878).
inline bool has_ramp(PruneMethod method) {
  return method == PruneMethod::gradual || method == PruneMethod::movement ||
         method == PruneMethod::soft_movement;
}

// Methods rpp and rpp_preconditioned.
struct RppOptions {
  int64_t rounds = 12;             // alpha is updated between rounds
  int64_t steps_per_round = 0;     // 0 distributes the steps before recovery over the rounds
  double first_round_share = 0.1;  // length of the first round relative to the others
  double epsilon = 1e-3;           // alpha = 1 / (|w| + epsilon)
  double gamma = 0.0;              // weight of the penalty; 0: found during training, for target_ratio
  bool final_topk = false;         // exact top-k after the last round; not part of the published method
};

// Method nip.
struct NipOptions {
  int64_t stages = 0;  // 0: one per ten points of target_ratio
};

// Methods gradual, movement and soft_movement.
struct RampOptions {
  double begin = 0.0;    // fraction of the steps at which pruning starts; it ends where recovery starts
  int64_t updates = 32;  // prunings
};

// Method one_shot.
struct OneShotOptions {
  double at = 0.0;  // fraction of the steps at which it prunes; 1: after the last
};

// Method soft_movement, beside its ramp.
struct SoftMovementOptions {
  double rate = 1.0;       // learning rate of the scores
  double penalty = 1e-3;   // weight of the sum of sigmoid(scores)
  double threshold = 0.1;  // weights are kept while sigmoid(score) is larger
};

// What all methods share, then the options of each.
struct PruneConfig {
  PruneMethod method = PruneMethod::dense;
  double target_ratio = 0.5;          // zeros over entries of the matrices not named by exclude or ratios
  std::vector<std::string> exclude;   // patterns of matrices that are not pruned
  std::vector<std::string> ratios;    // pattern=ratio: matrices with their own target ratio
  bool hold_zeros = true;             // zeros of the initial model stay zero, and count towards the target
  Ranking ranking = Ranking::matrix;  // nip, gradual, one_shot, movement
  Importance importance = Importance::magnitude;  // for the rank, or for alpha of the rpp methods
  int64_t block = 1;  // neighbouring inputs of an output that are pruned together: 1, 4, 8 or 16
  // The fraction of the steps, at the end, that train with a fixed mask. Negative: that of the method, 0 for
  // rpp and nip, 0.3 for the others. one_shot has its own, `at`.
  double recovery_share = -1;
  int64_t recovery_steps = 0;  // the same as a number of steps; 0: use recovery_share
  RppOptions rpp;
  NipOptions nip;
  RampOptions ramp;
  OneShotOptions one_shot;
  SoftMovementOptions soft_movement;
  std::string mask;           // fixed: a mask.safetensors; empty: the zeros of the model
  int64_t check_every = 100;  // steps between verifications of the zeros; 0: only when saving
};

}  // namespace rpp
