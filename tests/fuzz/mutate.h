// Damaged model files: what chance does to bytes, and what someone does who knows the format.
#pragma once

#include <string>
#include <vector>

#include "rpp/core/rng.h"

namespace rpp {

// `files` are whole. A few changes to one of the files: flipped bits, cut or swapped stretches, a stretch of
// another file, the header's length, tokens of the header's or of config.json's JSON. Mostly with a checksum
// that fits again, else all would end there.
std::string mutate(const std::vector<std::string>& files, Rng& rng);

}  // namespace rpp
