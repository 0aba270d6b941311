#include "plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rpp/error.h"

namespace rpp {
namespace {

int64_t share_of(double share, int64_t total_steps) {
  return std::llround(share * static_cast<double>(total_steps));
}

// The first round has first_round_share of the length of the others, and at least one step.
int64_t first_round_steps(const PruneConfig& config, int64_t pruning_steps) {
  const auto others = static_cast<double>(config.rpp.rounds - 1);
  const double even_length = static_cast<double>(pruning_steps) / (config.rpp.first_round_share + others);
  const double length =
      config.rpp.steps_per_round > 0 ? static_cast<double>(config.rpp.steps_per_round) : even_length;
  return std::max<int64_t>(1, std::llround(config.rpp.first_round_share * length));
}

void check_rounds(const std::vector<int64_t>& starts, int64_t pruning_steps) {
  const bool distinct = std::adjacent_find(starts.begin(), starts.end()) == starts.end();
  if (distinct && starts.back() < pruning_steps) return;
  fail_usage(
      "prune.rounds {} do not fit into {} steps (the last would start at step {}): "
      "set fewer rounds, a smaller prune.steps_per_round or more train.steps",
      starts.size(), pruning_steps, starts.back());
}

// One stage for every ten points of the ratio, as in the paper, unless configured.
int64_t num_stages(const PruneConfig& config, int64_t total_steps) {
  const auto tens = static_cast<int64_t>(std::ceil(config.target_ratio * 10 - 1e-9));
  const int64_t stages = config.nip.stages > 0 ? config.nip.stages : std::max<int64_t>(1, tens);
  if (stages > total_steps) {
    fail_usage("prune.stages {} do not fit into {} steps: set fewer stages or more train.steps", stages,
               total_steps);
  }
  return stages;
}

// The first of S stages starts with the run, the last before `end`; in between they have equal lengths, to
// within one step.
std::vector<MaskUpdate> stage_updates(int64_t stages, int64_t total_steps, int64_t end) {
  const bool is_closer = stages > 1 && end * stages < total_steps * (stages - 1);
  const int64_t span = is_closer ? end : total_steps;
  const int64_t parts = is_closer ? stages - 1 : stages;
  std::vector<MaskUpdate> updates;
  for (int64_t stage = 0; stage < stages; ++stage) {
    const int64_t step = (stage * span + parts - 1) / parts;
    updates.push_back({step, static_cast<double>(stage + 1) / static_cast<double>(stages)});
  }
  return updates;
}

std::vector<MaskUpdate> ramp_updates(const PruneConfig& config, int64_t total_steps) {
  const int64_t begin = share_of(config.ramp.begin, total_steps);
  const int64_t length = std::max<int64_t>(1, recovery_start(config, total_steps) - begin);
  const int64_t count = std::min(config.ramp.updates, length);
  std::vector<MaskUpdate> updates;
  for (int64_t i = 1; i <= count; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(count);
    updates.push_back({begin + length * i / count, 1.0 - std::pow(1.0 - t, 3)});
  }
  return updates;
}

std::string describe_rpp(const PruneConfig& config, int64_t total_steps) {
  const int64_t recovery = recovery_start(config, total_steps);
  const std::string gamma = config.rpp.gamma > 0
                                ? fmt::format("gamma {}", config.rpp.gamma)
                                : fmt::format("gamma adjusted to reach {:.1f} %", 100 * config.target_ratio);
  return fmt::format(
      "{}: {} rounds in {} steps, the first {:.0f} % as long as the others, then {} steps of recovery; "
      "{}, epsilon {}, prox scaled by {}{}",
      name_of(config.method), config.rpp.rounds, recovery, 100 * config.rpp.first_round_share,
      total_steps - recovery, gamma, config.rpp.epsilon,
      config.method == PruneMethod::rpp ? "the learning rate" : "Adam's preconditioner",
      config.rpp.final_topk ? "; a final top-k, which is not part of the method" : "");
}

}  // namespace

double recovery_share(const PruneConfig& config) {
  if (config.recovery_share >= 0) return config.recovery_share;
  return config.method == PruneMethod::rpp || config.method == PruneMethod::nip ? 0.0 : 0.3;
}

int64_t recovery_start(const PruneConfig& config, int64_t total_steps) {
  const int64_t recovery =
      config.recovery_steps > 0 ? config.recovery_steps : share_of(recovery_share(config), total_steps);
  if (recovery >= total_steps) {
    fail_usage(
        "{} steps of recovery leave none of {} to prune in: lower prune.recovery_steps or "
        "prune.recovery_share, or set more train.steps",
        recovery, total_steps);
  }
  return total_steps - recovery;
}

std::vector<int64_t> round_starts(const PruneConfig& config, int64_t total_steps) {
  std::vector<int64_t> starts = {0};
  const int64_t end = recovery_start(config, total_steps);
  if (config.rpp.rounds == 1) return starts;
  const int64_t first = first_round_steps(config, end);
  for (int64_t round = 1; round < config.rpp.rounds; ++round) {
    const int64_t spread = (end - first) * (round - 1) / (config.rpp.rounds - 1);
    const int64_t given = config.rpp.steps_per_round * (round - 1);
    starts.push_back(first + (config.rpp.steps_per_round > 0 ? given : spread));
  }
  check_rounds(starts, end);
  return starts;
}

std::vector<MaskUpdate> mask_updates(const PruneConfig& config, int64_t total_steps) {
  if (config.method == PruneMethod::nip) {
    return stage_updates(num_stages(config, total_steps), total_steps, recovery_start(config, total_steps));
  }
  if (has_ramp(config.method)) return ramp_updates(config, total_steps);
  return {{share_of(config.one_shot.at, total_steps), 1.0}};  // one_shot
}

std::vector<int64_t> phase_starts(const PruneConfig& config, int64_t total_steps) {
  std::vector<int64_t> starts = {0};
  const auto add = [&](int64_t step) {
    if (step > starts.back() && step < total_steps) starts.push_back(step);
  };
  if (is_rpp(config.method)) add(recovery_start(config, total_steps));
  if (config.method == PruneMethod::nip) {
    for (const auto& update : mask_updates(config, total_steps)) add(update.step);
  }
  if (has_ramp(config.method) || config.method == PruneMethod::one_shot) {
    add(mask_updates(config, total_steps).back().step);
  }
  return starts;
}

int64_t last_mask_change(const PruneConfig& config, int64_t total_steps) {
  if (config.method == PruneMethod::dense || config.method == PruneMethod::fixed) return 0;
  if (is_rpp(config.method)) return recovery_start(config, total_steps);
  return mask_updates(config, total_steps).back().step;
}

std::string describe_plan(const PruneConfig& config, int64_t total_steps) {
  const std::string blocks =
      config.block > 1 ? fmt::format("; in blocks of {} neighbouring inputs", config.block) : "";
  if (is_rpp(config.method)) return describe_rpp(config, total_steps) + blocks;
  if (config.method == PruneMethod::fixed) {
    return fmt::format("fixed: {}",
                       config.mask.empty() ? "the zeros of the model are held" : config.mask + " is held");
  }
  if (config.method == PruneMethod::dense) return "dense: nothing is pruned";
  const auto updates = mask_updates(config, total_steps);
  const std::string goal =
      config.method == PruneMethod::soft_movement
          ? fmt::format("scores above {}", config.soft_movement.threshold)
          : fmt::format("{:.1f} %, ranked by {}", 100 * config.target_ratio, name_of(config.ranking));
  return fmt::format("{}: {}; {} prunings, the first at step {}, the last at step {} of {}{}",
                     name_of(config.method), goal, updates.size(), updates.front().step, updates.back().step,
                     total_steps, blocks);
}

}  // namespace rpp
