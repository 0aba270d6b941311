#include "train/device.h"

#include <gtest/gtest.h>

#include "core/parallel_for.h"
#include "ops/torch.h"

namespace rpp::test {
namespace {

TEST(Device, ProcessesOfOneMachineShareItsCores) {
  EXPECT_EQ(use_threads(0), default_num_threads());
  EXPECT_EQ(use_threads(0, default_num_threads()), 1);
  EXPECT_EQ(use_threads(0, 1000 * default_num_threads()), 1);
}

TEST(Device, AGivenNumberOfThreadsIsThatOfEachProcess) {
  EXPECT_EQ(use_threads(3, 2), 3);
}

}  // namespace
}  // namespace rpp::test
