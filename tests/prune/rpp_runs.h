// Configurations and runs for tests of reweighted proximal pruning.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cmath>
#include "fake_model.h"
#include "ops/torch.h"
#include "plan/gamma_plan.h"
#include "rpp/error.h"
#include "rpp/pruner.h"

namespace rpp::test {

inline PruneConfig rpp_config(double gamma, int64_t rounds) {
  PruneConfig config;
  config.method = PruneMethod::rpp;
  config.rpp.rounds = rounds;
  config.rpp.gamma = gamma;
  config.rpp.epsilon = 1e-6;
  config.rpp.first_round_share = 0.5;
  config.hold_zeros = false;
  config.recovery_share = 0;
  return config;
}

// Runs all steps at one learning rate with gradients of zero, so that only the prox moves weights.
inline void shrink_only(Pruner& pruner, ProxAdamW& optimizer, int64_t steps, double learning_rate) {
  for (int64_t step = 0; step < steps; ++step) {
    pruner.begin_step(step);
    optimizer.step(learning_rate, pruner.rule());
  }
}

}  // namespace rpp::test
