// The rate and seed of an op's dropout, kept from its call to its backward pass.
#pragma once

#include "ops/dropout_mask.h"
#include "ops/dropout_seed.h"
#include "ops/torch.h"

namespace rpp {

inline DropoutRule rule_of(double rate, const DropoutSeed& seed) {
  if (!seed.memory.defined() || seed.memory.is_cpu()) return dropout_rule(rate, seed.on_host());
  auto rule = dropout_rule(rate, 0);
  rule.seed_at = static_cast<const uint64_t*>(seed.memory.const_data_ptr());
  return rule;
}

inline void save_dropout(torch::autograd::AutogradContext* context, double rate, const DropoutSeed& seed) {
  context->saved_data["rate"] = rate;
  context->saved_data["seed"] = static_cast<int64_t>(seed.number);
  context->saved_data["seed_memory"] = seed.memory;
}

inline DropoutRule saved_rule(torch::autograd::AutogradContext* context) {
  auto& data = context->saved_data;
  DropoutSeed seed(data["seed_memory"].toTensor());
  seed.number = static_cast<uint64_t>(data["seed"].toInt());
  return rule_of(data["rate"].toDouble(), seed);
}

}  // namespace rpp
