// Checks across several settings: missing or contradictory ones.
#pragma once

#include <string>

#include "config/config.h"
#include "settings.h"

namespace rpp {

// Throw UsageError naming the place of the setting at fault.
void check(const PretrainConfig& config, const Settings& settings);
void check(const FinetuneConfig& config, const Settings& settings);

}  // namespace rpp
