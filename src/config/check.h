// What no single value shows: settings that are missing or contradict each other.
#pragma once

#include <string>

#include "config/config.h"
#include "settings.h"

namespace rpp {

// Throw UsageError naming where the setting at fault was made.
void check(const PretrainConfig& config, const Settings& settings);
void check(const FinetuneConfig& config, const Settings& settings);

}  // namespace rpp
