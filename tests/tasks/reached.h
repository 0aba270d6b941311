// Checks that a task declares exactly the parameters that get a gradient from its loss.
#pragma once

#include <gtest/gtest.h>

#include "ops/torch.h"
#include "train/task.h"

namespace rpp::test {

// On the batches of one step, without dropout.
inline void expect_reached_as_declared(Task& task) {
  const auto specs = task.model().param_specs();
  for (const auto& spec : specs) spec.param.mutable_grad() = torch::zeros_like(spec.param);
  StepCounts counts;
  const auto batches = task.batches(0);
  for (const auto& batch : batches) counts.add(batch);
  for (const auto& batch : batches) task.add_gradients(batch, counts, {.training = true});
  for (const auto& spec : specs) {
    EXPECT_EQ(spec.param.grad().ne(0).any().item<bool>(), task.reaches(spec.name)) << spec.name;
  }
}

}  // namespace rpp::test
