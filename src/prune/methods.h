// The pruners created by make_pruner, one file each.
#pragma once

#include <memory>

#include "rpp/pruner.h"

namespace rpp {

std::unique_ptr<Pruner> make_dense_pruner(PrunerContext context);
std::unique_ptr<Pruner> make_rpp_pruner(const PruneConfig& config, PrunerContext context);
std::unique_ptr<Pruner> make_magnitude_pruner(const PruneConfig& config, PrunerContext context);
std::unique_ptr<Pruner> make_movement_pruner(const PruneConfig& config, PrunerContext context);
std::unique_ptr<Pruner> make_fixed_pruner(PrunerContext context);

// The tensor `name` of a checkpoint; throws Error when it is missing or has another number of entries.
const torch::Tensor& state_at(const std::map<std::string, torch::Tensor>& state, const std::string& name,
                              int64_t entries);

}  // namespace rpp
