// Mutations of model files: random damage to bytes, and changes that respect the format.
#pragma once

#include <string>
#include <vector>

#include "core/rng.h"

namespace rpp {

// A few changes: flipped bits, removed or swapped ranges, a range of another file, the header's length,
// tokens in the JSON of the header or of config.json.
void mutate_model_file(std::string& bytes, const std::vector<std::string>& others, Rng& rng);

void fit_checksum(std::string& bytes);

}  // namespace rpp
