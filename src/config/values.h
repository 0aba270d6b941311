// One value of a configuration file: from YAML, with every complaint.
#pragma once

#include <string>
#include <vector>

#include "config/fields.h"
#include "settings.h"

namespace rpp {

// Throw UsageError "rpp.yaml:12: train.steps is 'ten', it must be a whole number".
void parse_into(const Setting& setting, int64_t& value);
void parse_into(const Setting& setting, double& value);
void parse_into(const Setting& setting, bool& value);
void parse_into(const Setting& setting, std::string& value);
void parse_into(const Setting& setting, std::vector<std::string>& value);

}  // namespace rpp
