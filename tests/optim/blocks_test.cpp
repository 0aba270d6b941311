// ProxAdamW with ShrinkRule::block; the arithmetic of a block is tested in ops/adamw_kernel_test.cpp.
#include <gtest/gtest.h>

#include "ops/torch.h"
#include "rpp/error.h"
#include "rpp/prox_adamw.h"
#include "some_params.h"

namespace rpp::test {
namespace {

// More blocks than one thread takes, so that the cuts between threads are seen.
TEST(ProxAdamWBlocks, BlocksAreShrunkTogetherWhateverTheThreads) {
  constexpr int64_t kSize = 5 * 16384 + 16;
  for (const int64_t block : {4, 8, 16}) {
    FlatParams params(one_matrix(kSize));
    params.grads().copy_(gaussian({kSize}, 0.3, 100));
    ShrinkRule rule{
        .kind = ShrinkRule::Kind::prox, .alpha = torch::ones({kSize}), .gamma = 10.0, .block = block};
    ProxAdamW optimizer(params, {});
    optimizer.step(1e-2, rule);
    const auto zeros = params.values().eq(0).view({-1, block}).sum(1);
    EXPECT_TRUE(zeros.eq(0).logical_or(zeros.eq(block)).all().item<bool>());
    EXPECT_GT(zeros.sum().item<int64_t>(), kSize / 20);
    EXPECT_LT(zeros.sum().item<int64_t>(), kSize * 19 / 20);
  }
}

TEST(ProxAdamWBlocks, BlocksThatDoNotFitAreRefusedByName) {
  FlatParams params(some_params());
  ProxAdamW optimizer(params, {});
  ShrinkRule rule{.kind = ShrinkRule::Kind::prox, .alpha = torch::ones({kPrunable}), .block = 4};
  try {
    optimizer.step(1e-2, rule);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "query has 7 inputs, which blocks of 4 do not divide: set prune.block to 1");
  }
  rule.block = 3;
  EXPECT_THROW(optimizer.step(1e-2, rule), Error);
}

}  // namespace
}  // namespace rpp::test
