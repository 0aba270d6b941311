// Blocks of neighbouring inputs (prune.block) are pruned together, by every method that ranks or shrinks.
#include "rpp_runs.h"

namespace rpp::test {
namespace {

// Zeros per block of four: [blocks].
torch::Tensor zeros_per_block(const torch::Tensor& values) {
  return values.eq(0).view({-1, 4}).sum(1);
}

bool only_whole_blocks(const torch::Tensor& values) {
  const auto zeros = zeros_per_block(values);
  return zeros.eq(0).logical_or(zeros.eq(4)).all().item<bool>();
}

torch::Tensor rms_per_block(const torch::Tensor& values) {
  return values.view({-1, 4}).square().mean(1).sqrt();
}

// Ignoring the loss, a reweighted round zeroes the blocks with r (r + epsilon) <= gamma * sum of the learning
// rates, where r is the root of the mean square. For weights of deviation s, 4 r^2 / s^2 is chi-squared with
// four degrees of freedom: a fraction of 1 - exp(-x) (1 + x), x = 2 * gamma * sum / s^2.
class OneReweightedRoundOfBlocks : public testing::TestWithParam<double> {};

TEST_P(OneReweightedRoundOfBlocks, MatchesTheClosedForm) {
  const double shrinkage = GetParam();
  FlatParams params(one_matrix(gaussian({100, 1600}, 0.04, 2)));
  ProxAdamW optimizer(params, without_decay());
  auto config = rpp_config(/*gamma=*/100 * shrinkage, /*rounds=*/2);
  config.rpp.first_round_share = 0.0;  // one step, with a learning rate of 0
  config.block = 4;
  const auto pruner = make_pruner(config, {params, &optimizer, 101});
  pruner->begin_step(0);
  optimizer.step(0.0, pruner->rule());
  const auto rms = rms_per_block(params.values());
  for (int64_t step = 1; step <= 100; ++step) {
    pruner->begin_step(step);
    optimizer.step(1e-4, pruner->rule());
  }
  EXPECT_TRUE(only_whole_blocks(params.values()));
  const auto expected = (rms * (rms + 1e-6)).le(shrinkage);
  EXPECT_LE(expected.ne(zeros_per_block(params.values()).eq(4)).sum().item<int64_t>(), 4);
  const double x = 2 * shrinkage / (0.04 * 0.04);
  EXPECT_NEAR(zero_ratio(params.values()), 1 - std::exp(-x) * (1 + x), 0.01);
}

INSTANTIATE_TEST_SUITE_P(Blocks, OneReweightedRoundOfBlocks, testing::Values(4e-4, 1.1e-3, 2.4e-3, 3.5e-3));

struct BlockRun {
  explicit BlockRun(PruneConfig config, int64_t steps = 60)
      : params(two_matrices()), optimizer(params, without_decay()) {
    config.block = 4;
    const auto pruner = make_pruner(config, {params, &optimizer, steps, {}, [](int64_t) { return 1e-3; }});
    for (int64_t step = 0; step < steps; ++step) {
      pruner->begin_step(step);
      params.grads().copy_(gaussian({params.grads().numel()}, 1e-3, 90 + static_cast<uint64_t>(step)));
      optimizer.step(1e-3, pruner->rule());
    }
    pruner->finish();
  }

  static std::vector<ParamSpec> two_matrices() {
    ParamSpec first{"first", gaussian({200, 200}, 0.04, 1).requires_grad_(), ParamGroup::prunable, {}};
    first.matrices = {{"first", 0, 200, 200}};
    ParamSpec second{"second", gaussian({200, 300}, 0.07, 2).requires_grad_(), ParamGroup::prunable, {}};
    second.matrices = {{"second", 0, 200, 300}};
    return {first, second};
  }

  FlatParams params;
  ProxAdamW optimizer;
};

class EveryMethodWithBlocks : public testing::TestWithParam<PruneMethod> {};

TEST_P(EveryMethodWithBlocks, ReachesTheTargetInWholeBlocks) {
  for (const auto importance : {Importance::magnitude, Importance::fisher}) {
    PruneConfig config{.method = GetParam(), .target_ratio = 0.8, .importance = importance};
    config.rpp.rounds = 8;
    config.one_shot.at = 0.5;
    config.recovery_share = 0.3;
    const BlockRun run(config);
    EXPECT_TRUE(only_whole_blocks(run.params.values()));
    EXPECT_NEAR(zero_ratio(run.params.values()), 0.8, is_rpp(GetParam()) ? 2e-3 : 1e-9);
  }
}

INSTANTIATE_TEST_SUITE_P(Blocks, EveryMethodWithBlocks,
                         testing::Values(PruneMethod::rpp, PruneMethod::rpp_preconditioned, PruneMethod::nip,
                                         PruneMethod::gradual, PruneMethod::one_shot),
                         [](const auto& info) { return std::string(name_of(info.param)); });

TEST(Blocks, AnExactTopkPrunesWholeBlocks) {
  PruneConfig config{.method = PruneMethod::rpp, .target_ratio = 0.7};
  config.rpp.final_topk = true;
  config.rpp.rounds = 3;
  const BlockRun run(config);
  EXPECT_TRUE(only_whole_blocks(run.params.values()));
  EXPECT_DOUBLE_EQ(zero_ratio(run.params.values()), 0.7);
}

TEST(Blocks, TheSmallestByRootOfTheMeanSquareArePrunedFirst) {
  auto weights = torch::tensor({{3.0F, 0.1F, 0.1F, 0.1F, 2.0F, 2.0F, 2.0F, 2.0F, 1.0F, -1.0F, 1.0F, -1.0F}});
  FlatParams params(one_matrix(weights));
  PruneConfig config{.method = PruneMethod::one_shot, .target_ratio = 1.0 / 3, .block = 4};
  make_pruner(config, {params, nullptr, 1})->begin_step(0);
  EXPECT_TRUE(zeros_per_block(params.values()).equal(torch::tensor({0, 0, 4}, torch::kInt64)));
}

// Zeros of the model that are not whole blocks stay zero, beside the blocks that are pruned.
TEST(Blocks, SingleZerosOfTheModelAreHeld) {
  auto weights = gaussian({10, 40}, 1.0, 5);
  weights.view({-1, 4}).select(1, 0).zero_();
  FlatParams params(one_matrix(weights));
  PruneConfig config{.method = PruneMethod::one_shot, .target_ratio = 0.5, .block = 4};
  make_pruner(config, {params, nullptr, 1})->begin_step(0);
  const auto zeros = zeros_per_block(params.values());
  EXPECT_EQ(zeros.eq(4).sum().item<int64_t>(), 50);
  EXPECT_EQ(zeros.eq(1).sum().item<int64_t>(), 50);
}

TEST(Blocks, AMatrixWhoseInputsTheyDoNotDivideIsRefusedByName) {
  FlatParams params(three_matrices(1));
  const PruneConfig config{.method = PruneMethod::nip, .block = 4};
  try {
    make_pruner(config, {params, nullptr, 10});
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "query has 7 inputs, which blocks of 4 do not divide: set prune.block to 1");
  }
}

}  // namespace
}  // namespace rpp::test
