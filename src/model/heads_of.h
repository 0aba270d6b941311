// The heads for which a model directory has weights.
#pragma once

#include <filesystem>

#include "model/bert.h"

namespace rpp {

// Determined by the tensor names in the directory's weights; only the pooler if it has none, as load_weights
// reports that error. The classifier and the pre-training head need the pooler: without it (a plain masked
// LM) only the encoder and the span head count. A pre-training head with an untied decoder does not count
// either. Tensors do not show a classifier of tokens: it counts where config.json names the architecture
// ...ForTokenClassification.
HeadSpec heads_of(const std::filesystem::path& model_dir);

}  // namespace rpp
