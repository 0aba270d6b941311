// The heads for which a model directory has weights.
#pragma once

#include <filesystem>

#include "model/bert.h"

namespace rpp {

// Determined by the tensor names in model.safetensors; only the pooler if there is no such file, as
// load_weights reports that error. The classifier and the pre-training head need the pooler: without it (a
// token classifier, a plain masked LM) only the encoder and the span head count.
HeadSpec heads_of(const std::filesystem::path& model_dir);

}  // namespace rpp
