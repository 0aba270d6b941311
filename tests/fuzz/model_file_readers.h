// What a program does with a model file that it has opened, so that a sanitizer sees it.
#pragma once

#include <memory>

#include "bert_format/model_file.h"
#include "io/safetensors.h"
#include "rpp/runtime_model.h"

namespace rpp {

void read_all(const SafetensorsFile& file);
void unpack_all(const ModelFile& file);

// Two sequences, with the first and the last of everything that ids may name; every head the model has.
void encode(const std::shared_ptr<const RuntimeModel>& model);

// Texts, by the tokenizer, the labels and the head of the file.
void answer(const std::shared_ptr<const RuntimeModel>& model);

}  // namespace rpp
