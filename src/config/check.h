// What no single value shows: settings that are missing or contradict each other.
#pragma once

#include <string>

#include "rpp/config/config.h"
#include "settings.h"

namespace rpp {

// Throw UsageError naming where the setting at fault was made.
void check(const PretrainConfig& config, const Settings& settings);
void check(const FinetuneConfig& config, const Settings& settings);

// What is wrong with a model's sizes taken together; empty when nothing is.
std::string complaint(const ModelConfig& config);

}  // namespace rpp
