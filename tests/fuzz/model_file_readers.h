// What a program does with an opened model file, so that a sanitizer checks it.
#pragma once

#include <memory>

#include "bert_format/model_file.h"
#include "io/safetensors.h"
#include "rpp/runtime_model.h"

namespace rpp {

void read_all(const SafetensorsFile& file);
void unpack_all(const ModelFile& file);

// Two sequences with the first and last valid ids; every head of the model.
void encode(const std::shared_ptr<const RuntimeModel>& model);

// Texts, with the tokenizer, the labels and the head of the file.
void answer(const std::shared_ptr<const RuntimeModel>& model);

}  // namespace rpp
