#include "tasks/epoch_batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "data/glue_features.h"

namespace rpp {
namespace {

TrainConfig batches_of(int64_t batch_size) {
  TrainConfig config;
  config.seed = 7;
  config.batch_size = batch_size;
  return config;
}

std::vector<int64_t> of_step(const EpochBatches& batches, int64_t step) {
  return batches.indices(step, {.first = 0, .size = batches.num_samples(step)});
}

// Ten examples in batches of four: two full ones, then the rest.
TEST(EpochBatches, EachEpochHasItsOwnOrderAndUsesEveryExampleOnce) {
  const EpochBatches batches(10, batches_of(4));
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    const auto order = epoch_order(10, 7, epoch);
    const auto part = [&](int first, int last) {
      return std::vector<int64_t>(order.begin() + first, order.begin() + last);
    };
    EXPECT_EQ(of_step(batches, 3 * epoch), part(0, 4)) << epoch;
    EXPECT_EQ(of_step(batches, 3 * epoch + 1), part(4, 8)) << epoch;
    EXPECT_EQ(of_step(batches, 3 * epoch + 2), part(8, 10)) << epoch;
    EXPECT_EQ(batches.indices(3 * epoch + 1, {.first = 1, .size = 2}), part(5, 7)) << epoch;
  }
}

TEST(EpochBatches, DependOnlyOnTheStep) {
  const EpochBatches in_order(9, batches_of(2)), once(9, batches_of(2));
  for (int64_t step = 0; step < 15; ++step) of_step(in_order, step);
  for (const int64_t step : {14, 3, 4, 5, 0, 10}) {
    EXPECT_EQ(of_step(in_order, step), of_step(EpochBatches(9, batches_of(2)), step)) << step;
    EXPECT_EQ(of_step(once, step), of_step(in_order, step)) << step;
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
    order = std::min(order, seconds_of([&] { of_step(batches, 12'500 * epoch); }));
    steps = std::min(steps, seconds_of([&] {
                       for (int64_t step = 1; step < 100; ++step) of_step(batches, 12'500 * epoch + step);
                     }));
  }
  EXPECT_LT(steps, 10 * order);
}

}  // namespace
}  // namespace rpp
