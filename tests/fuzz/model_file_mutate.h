// Damaged model files: what chance does to bytes, and what someone does who knows the format.
#pragma once

#include <string>
#include <vector>

#include "core/rng.h"

namespace rpp {

// A few changes: flipped bits, cut or swapped stretches, a stretch of another file, the header's length,
// tokens of the header's or of config.json's JSON.
void mutate_model_file(std::string& bytes, const std::vector<std::string>& others, Rng& rng);

void fit_checksum(std::string& bytes);

}  // namespace rpp
