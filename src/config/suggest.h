// "Did you mean": the known key for a mistyped or a foreign one.
#pragma once

#include <string>
#include <string_view>

#include "settings.h"

namespace rpp {

// In this order: a known key of the same last part ("learning_rate"), the key that does what a habit from
// other trainers did ("per_device_train_batch_size"), the one with the nearest spelling where that is close.
// Empty: none.
std::string suggest_key(std::string_view key, const KnownKeys& known);

// What --set takes for `name`, by the first two of these: "train.batch_size=...", "train.precision=bf16".
std::string setting_of(std::string_view name, const KnownKeys& known);

}  // namespace rpp
