// Whether a model, its tokenizer and a maximum length fit together.
#pragma once

#include <cstdint>

#include "rpp/runtime_model.h"
#include "rpp/tokenizer.h"

namespace rpp {

// Throws UsageError for a length outside kMinSequenceLength and the model's positions, Error for a tokenizer
// with more pieces than the model has embeddings.
void check_lengths(const RuntimeModel& model, const Tokenizer& tokenizer, int64_t max_seq_length);

}  // namespace rpp
