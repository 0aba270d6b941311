// Checks that a task declares exactly the parameters that get a gradient from its loss.
#pragma once

#include <gtest/gtest.h>

#include "ops/torch.h"
#include "train/task.h"

namespace rpp::test {

// On the batch of one step, without dropout.
inline void expect_reached_as_declared(Task& task) {
  const auto specs = task.model().param_specs();
  for (const auto& spec : specs) spec.param.mutable_grad() = torch::zeros_like(spec.param);
  StepCounts counts;
  const PackedBatch batch = task.batch(0, {.first = 0, .size = task.num_samples(0)});
  counts.add(batch);
  task.add_gradients(batch, counts, {.training = true});
  for (const auto& spec : specs) {
    EXPECT_EQ(spec.param.grad().ne(0).any().item<bool>(), task.reaches(spec.name)) << spec.name;
  }
}

}  // namespace rpp::test
