// Texts for a model, one per line.
#pragma once

#include <filesystem>
#include <vector>

#include "data/glue.h"

namespace rpp {

// One text per line, or a pair separated by a tab; plain, .gz or .zst. Throws Error for a line with more tabs
// or an empty second text, and for a file without lines.
std::vector<GlueExample> read_texts(const std::filesystem::path& file);

}  // namespace rpp
