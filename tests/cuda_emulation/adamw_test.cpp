#include <gtest/gtest.h>

#include "ops/adamw_reference.h"
#include "ops/cuda_launch.h"

namespace rpp::test {
namespace {

class EmulatedAdamW : public testing::TestWithParam<AdamWShrink> {};

void expect_same(const AdamWArrays& got, const AdamWArrays& wanted) {
  EXPECT_EQ(got.values, wanted.values);
  EXPECT_EQ(got.exp_avg, wanted.exp_avg);
  EXPECT_EQ(got.exp_avg_sq, wanted.exp_avg_sq);
  EXPECT_EQ(got.working, wanted.working);
}

// Sizes around a pack, a warp and a block.
TEST_P(EmulatedAdamW, EqualsTheCpuLoop) {
  const auto step = some_step(GetParam());
  for (const int64_t size : {0, 1, 3, 4, 5, 31, 33, 127, 129, 1023, 1025, 4099}) {
    AdamWArrays cuda(size), cpu(size);
    EXPECT_EQ(adamw_cuda(step, cuda.span(), nullptr), cudaSuccess);
    adamw_cpu(step, cpu.span());
    SCOPED_TRACE(size);
    expect_same(cuda, cpu);
  }
}

// A span may start anywhere in the flat buffer.
TEST_P(EmulatedAdamW, EqualsTheCpuLoopAtAnyOffset) {
  const auto step = some_step(GetParam());
  for (const int64_t offset : {1, 2, 3, 5}) {
    AdamWArrays cuda(700), cpu(700);
    adamw_cuda(step, sub_span(cuda.span(), offset, 690), nullptr);
    adamw_cpu(step, sub_span(cpu.span(), offset, 690));
    SCOPED_TRACE(offset);
    expect_same(cuda, cpu);
  }
}

TEST_P(EmulatedAdamW, ArraysWithDifferentAlignmentAreUpdatedElementwise) {
  const auto step = some_step(GetParam());
  AdamWArrays cuda(300), cpu(300);
  for (auto* arrays : {&cuda, &cpu}) arrays->grads.insert(arrays->grads.begin(), 7.0F);
  for (const auto& [arrays, update] : {std::pair{&cuda, true}, {&cpu, false}}) {
    auto span = arrays->span();
    span.grads += 1;
    update ? static_cast<void>(adamw_cuda(step, span, nullptr)) : adamw_cpu(step, span);
  }
  expect_same(cuda, cpu);
}

INSTANTIATE_TEST_SUITE_P(AdamWKernel, EmulatedAdamW, testing::ValuesIn(kEveryShrink),
                         [](const auto& info) { return name_of(info.param); });

TEST(EmulatedAdamW, BlocksEqualTheCpuLoop) {
  for (const auto shrink : {AdamWShrink::prox, AdamWShrink::preconditioned_prox}) {
    for (const int64_t block : {4, 8, 16}) {
      for (const int64_t blocks : {0, 1, 31, 257}) {
        auto step = some_step(shrink);
        step.block = block;
        AdamWArrays cuda(block * blocks), cpu(block * blocks);
        EXPECT_EQ(adamw_cuda(step, cuda.span(), nullptr), cudaSuccess);
        adamw_cpu(step, cpu.span());
        SCOPED_TRACE(block);
        expect_same(cuda, cpu);
      }
    }
  }
}

TEST(EmulatedAdamW, WithoutAWorkingCopyTheWeightsAreTheSame) {
  AdamWArrays with(333), without(333);
  auto span = without.span();
  span.working = nullptr;
  adamw_cuda(some_step(AdamWShrink::none), with.span(), nullptr);
  adamw_cuda(some_step(AdamWShrink::none), span, nullptr);
  EXPECT_EQ(without.values, with.values);
}

TEST(EmulatedAdamW, ABlockTakes256PacksOfFour) {
  cuda_emulation::take_launches();
  for (const int64_t size : {0, 1, 1024, 1025}) {
    AdamWArrays arrays(size);
    adamw_cuda(some_step(AdamWShrink::none), arrays.span(), nullptr);
  }
  std::vector<unsigned> blocks;
  for (const auto& launched : cuda_emulation::take_launches()) {
    EXPECT_EQ(launched.blockDim.x, 256U);
    blocks.push_back(launched.gridDim.x);
  }
  EXPECT_EQ(blocks, std::vector<unsigned>({1, 1, 2}));
}

TEST(EmulatedAdamW, MoreElementsThanThreadsAreAllUpdated) {
  AdamWArrays cuda(4'400'003), cpu(4'400'003);
  cuda_emulation::take_launches();
  adamw_cuda(some_step(AdamWShrink::prox), cuda.span(), nullptr);
  EXPECT_EQ(cuda_emulation::take_launches().front().gridDim.x, 132U * 32U);
  adamw_cpu(some_step(AdamWShrink::prox), cpu.span());
  EXPECT_TRUE(cuda.values == cpu.values);
}

}  // namespace
}  // namespace rpp::test
