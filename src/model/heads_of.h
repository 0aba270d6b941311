// Which heads the weights of a model directory have.
#pragma once

#include <filesystem>

#include "model/bert.h"

namespace rpp {

// By the names in model.safetensors; none but the pooler where there is no such file: load_weights says what
// to do. The classifier and the pre-training head read the pooler: of a file without it (a token classifier,
// a masked LM alone) only the encoder and the span head count.
HeadSpec heads_of(const std::filesystem::path& model_dir);

}  // namespace rpp
