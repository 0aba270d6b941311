// The zeros of one model put into the weights of another: does a mask that one method found serve others?
#pragma once

#include <filesystem>

#include "prune/report.h"

namespace rpp {

// Writes a copy of the model with zeros wherever the mask prunes, and the mask beside it, so that fine-tuning
// holds them. `mask`: a mask file, or the directory of a model whose zeros are taken. Weights that were zero
// before stay zero, and count. Throws Error as mask_from does (train/inspect.h), and when `output` exists;
// then nothing is written.
SparsityReport transfer_mask(const std::filesystem::path& model_dir, const std::filesystem::path& mask,
                             const std::filesystem::path& output);

}  // namespace rpp
