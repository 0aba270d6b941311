#include "tasks/epoch_batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "data/glue_features.h"

namespace rpp {
namespace {

using Batches = std::vector<std::vector<int64_t>>;

TrainConfig batches_of(int64_t batch_size, int64_t micro_batch_size = 0) {
  TrainConfig config;
  config.seed = 7;
  config.batch_size = batch_size;
  config.micro_batch_size = micro_batch_size;
  return config;
}

// Ten examples in batches of four: two full ones, then the rest.
TEST(EpochBatches, EachEpochHasItsOwnOrderAndUsesEveryExampleOnce) {
  const EpochBatches batches(10, batches_of(4, 3));
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    const auto order = epoch_order(10, 7, epoch);
    const auto part = [&](int first, int last) {
      return std::vector<int64_t>(order.begin() + first, order.begin() + last);
    };
    EXPECT_EQ(batches.of_step(3 * epoch), (Batches{part(0, 3), part(3, 4)})) << epoch;
    EXPECT_EQ(batches.of_step(3 * epoch + 1), (Batches{part(4, 7), part(7, 8)})) << epoch;
    EXPECT_EQ(batches.of_step(3 * epoch + 2), Batches{part(8, 10)}) << epoch;
  }
}

TEST(EpochBatches, DependOnlyOnTheStep) {
  const EpochBatches in_order(9, batches_of(2)), once(9, batches_of(2));
  for (int64_t step = 0; step < 15; ++step) in_order.of_step(step);
  for (const int64_t step : {14, 3, 4, 5, 0, 10}) {
    EXPECT_EQ(in_order.of_step(step), EpochBatches(9, batches_of(2)).of_step(step)) << step;
    EXPECT_EQ(once.of_step(step), in_order.of_step(step)) << step;
  }
}

double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Drawing an order of 400,000 examples takes milliseconds; a step must not repeat it.
TEST(EpochBatches, TheOrderIsDrawnOncePerEpoch) {
  const EpochBatches batches(400'000, batches_of(32));
  double order = 1e9, steps = 1e9;
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    order = std::min(order, seconds_of([&] { batches.of_step(12'500 * epoch); }));
    steps = std::min(steps, seconds_of([&] {
                       for (int64_t step = 1; step < 100; ++step) batches.of_step(12'500 * epoch + step);
                     }));
  }
  EXPECT_LT(steps, 10 * order);
}

}  // namespace
}  // namespace rpp
