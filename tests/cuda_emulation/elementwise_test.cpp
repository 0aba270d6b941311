#include "ops/elementwise_kernel.h"

#include "arrays.h"

namespace rpp::test {
namespace {

constexpr int64_t kSizes[] = {0, 1, 7, 8, 9, 31, 33, 127, 129, 768, 2049};

template <typename T>
struct EmulatedElements : testing::Test {};
TYPED_TEST_SUITE(EmulatedElements, BothPrecisions);

TYPED_TEST(EmulatedElements, GeluForwardEqualsTheLoop) {
  for (const int64_t size : kSizes) {
    const auto x = random_values<TypeParam>(size, 1, 2.0F);
    auto cuda = x, cpu = x;
    EXPECT_EQ(gelu_forward_cuda(x.data(), cuda.data(), size, nullptr), cudaSuccess);
    gelu_forward(x.data(), cpu.data(), 0, size);
    expect_near(cuda, cpu);
  }
}

TYPED_TEST(EmulatedElements, GeluBackwardEqualsTheLoop) {
  for (const int64_t size : kSizes) {
    const auto x = random_values<TypeParam>(size, 1, 2.0F), dy = random_values<TypeParam>(size, 2);
    auto cuda = x, cpu = x;
    EXPECT_EQ(gelu_backward_cuda(x.data(), dy.data(), cuda.data(), size, nullptr), cudaSuccess);
    gelu_backward(x.data(), dy.data(), cpu.data(), 0, size);
    expect_near(cuda, cpu);
  }
}

TYPED_TEST(EmulatedElements, DropoutDropsTheSameElementsAsTheLoop) {
  const auto rule = dropout_rule(0.1, 77);
  for (const int64_t size : kSizes) {
    const auto x = random_values<TypeParam>(size, 1);
    auto cuda = x, cpu = x;
    EXPECT_EQ(dropout_apply_cuda(rule, x.data(), cuda.data(), size, nullptr), cudaSuccess);
    dropout_apply(rule, x.data(), cpu.data(), 0, size);
    EXPECT_EQ(cuda, cpu) << size;
  }
}

TYPED_TEST(EmulatedElements, DropoutWithASeedInMemoryEqualsDropoutByValue) {
  const uint64_t seed = 77;
  auto in_memory = dropout_rule(0.1, 0);
  in_memory.seed_at = &seed;
  const auto x = random_values<TypeParam>(2049, 1);
  auto wanted = x, got = x;
  dropout_apply_cuda(dropout_rule(0.1, seed), x.data(), wanted.data(), 2049, nullptr);
  dropout_apply_cuda(in_memory, x.data(), got.data(), 2049, nullptr);
  EXPECT_EQ(got, wanted);
}

// Two arrays that start one element after a boundary, and two with different alignment.
TYPED_TEST(EmulatedElements, UnalignedArraysGiveTheSameResult) {
  const auto rule = dropout_rule(0.5, 78);
  const auto x = random_values<TypeParam>(301, 1);
  for (const int64_t out_offset : {0, 1}) {
    auto cuda = x, cpu = x;
    dropout_apply_cuda(rule, x.data() + 1, cuda.data() + out_offset, 300, nullptr);
    dropout_apply(rule, x.data() + 1, cpu.data() + out_offset, 0, 300);
    EXPECT_EQ(cuda, cpu) << out_offset;
  }
}

TEST(EmulatedElements, ABlockTakes256PacksOf16Bytes) {
  const auto wide = random_values<float>(4097, 1);
  const auto narrow = random_values<uint16_t>(4097, 1);
  auto wide_out = wide;
  auto narrow_out = narrow;
  taken_blocks();
  gelu_forward_cuda(wide.data(), wide_out.data(), 4097, nullptr);
  gelu_forward_cuda(narrow.data(), narrow_out.data(), 4097, nullptr);
  EXPECT_EQ(taken_blocks(), (Blocks{{5, 1}, {3, 1}}));
}

}  // namespace
}  // namespace rpp::test
