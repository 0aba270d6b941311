// What a program does with a model file that it has opened, so that a sanitizer sees it.
#pragma once

#include <memory>

#include "rpp/infer/runtime_model.h"
#include "rpp/io/model_file.h"
#include "rpp/io/safetensors.h"

namespace rpp {

void read_all(const SafetensorsFile& file);
void unpack_all(const ModelFile& file);

// Two sequences, with the first and the last of everything that ids may name; every head the model has.
void encode(const std::shared_ptr<const RuntimeModel>& model);

// Texts, by the tokenizer, the labels and the head of the file.
void answer(const std::shared_ptr<const RuntimeModel>& model);

}  // namespace rpp
