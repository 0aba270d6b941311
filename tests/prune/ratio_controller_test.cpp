// When gamma is planned, and for which target.
#include <gtest/gtest.h>

#include "fake_model.h"
#include "ops/torch.h"
#include "prune/report.h"
#include "rpp/pruner.h"

namespace rpp::test {
namespace {

double first_planned_gamma(double target_ratio, bool final_topk) {
  FlatParams params(one_matrix(gaussian({300, 200}, 0.04, 1)));
  ProxAdamW optimizer(params, without_decay());
  PruneConfig config;
  config.method = PruneMethod::rpp;
  config.target_ratio = target_ratio;
  config.rpp.final_topk = final_topk;
  const auto pruner = make_pruner(config, {params, &optimizer, 40, {}, [](int64_t) { return 1e-3; }});
  pruner->begin_step(0);
  return pruner->rule().gamma;
}

// A final top-k can add zeros but not remove any.
TEST(RatioController, BeforeAFinalTopkTheTargetIsApproachedFromBelow) {
  const double aimed = first_planned_gamma(0.5, /*final_topk=*/true);
  EXPECT_LT(aimed, first_planned_gamma(0.5, /*final_topk=*/false));
  EXPECT_DOUBLE_EQ(aimed, first_planned_gamma(0.5 - kMissedRatio / 2, /*final_topk=*/false));
}

// Between plans gamma stays for about a twentieth of the remaining steps.
TEST(RatioController, APlanIsMadeAtTheStartOfEveryRound) {
  FlatParams params(one_matrix(gaussian({40, 50}, 0.04, 1)));
  ProxAdamW optimizer(params, without_decay());
  PruneConfig config;
  config.method = PruneMethod::rpp;
  config.target_ratio = 0.5;
  config.rpp.rounds = 3;
  config.rpp.first_round_share = 0.5;
  config.recovery_share = 0;
  const auto pruner = make_pruner(config, {params, &optimizer, 1000, {}, [](int64_t) { return 1e-3; }});
  std::vector<double> gammas;
  for (int64_t step = 0; step < 1000; ++step) {
    pruner->begin_step(step);
    gammas.push_back(pruner->rule().gamma);
  }
  for (const size_t start : {200, 600}) {
    EXPECT_EQ(gammas[start - 2], gammas[start - 1]) << start;
    EXPECT_NE(gammas[start - 1], gammas[start]) << start;
    EXPECT_EQ(gammas[start], gammas[start + 1]) << start;
  }
}

}  // namespace
}  // namespace rpp::test
