// "Did you mean": finds the known key for a mistyped key or one of another trainer.
#pragma once

#include <string>
#include <string_view>

#include "settings.h"

namespace rpp {

// In this order: a known key with the same last part ("learning_rate"), the key that corresponds to a name in
// other trainers ("per_device_train_batch_size"), the one with the nearest spelling if that is close. Empty:
// none.
std::string suggest_key(std::string_view key, const KnownKeys& known);

// The --set argument for `name`, by the first two of these: "train.batch_size=...", "train.precision=bf16".
std::string setting_of(std::string_view name, const KnownKeys& known);

}  // namespace rpp
