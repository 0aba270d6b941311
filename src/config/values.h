// One value of a configuration file: from YAML with every complaint, and its allowed range in words.
#pragma once

#include <string>
#include <vector>

#include "rpp/config/fields.h"
#include "settings.h"

namespace rpp {

// Throw UsageError "rpp.yaml:12: train.steps is 'ten', it must be a whole number".
void parse_into(const Setting& setting, int64_t& value);
void parse_into(const Setting& setting, double& value);
void parse_into(const Setting& setting, bool& value);
void parse_into(const Setting& setting, std::string& value);
void parse_into(const Setting& setting, std::vector<std::string>& value);

// "at least 1", "between 0 and 1", ...; empty when the value is in range.
std::string range_complaint(const FieldInfo& info, double value);
// "dense, rpp, nip or fixed"; empty when the value is one of the choices or any text will do.
std::string choice_complaint(const FieldInfo& info, const std::string& value);

// Text or number as a message shows it.
std::string shown(double value);

}  // namespace rpp
