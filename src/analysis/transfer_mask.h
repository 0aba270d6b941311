// Applies the zeros of one model to the weights of another, to test whether a mask transfers.
#pragma once

#include <filesystem>

#include "plan/sparsity.h"

namespace rpp {

// Writes a copy of the model with zeros wherever the mask prunes, and the mask beside it, so that fine-tuning
// keeps them. `mask`: a mask file, or a model directory whose zeros are used. Weights that were zero before
// stay zero and count. Throws Error as mask_from does (analysis/model_zeros.h), and when `output` exists;
// nothing is written then.
SparsityReport transfer_mask(const std::filesystem::path& model_dir, const std::filesystem::path& mask,
                             const std::filesystem::path& output);

}  // namespace rpp
