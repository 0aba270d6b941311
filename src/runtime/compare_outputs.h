// Verifies an export: compares its outputs with those of the original model.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/safetensors.h"
#include "rpp/session.h"
#include "runtime/text_batch.h"

namespace rpp {

// input_ids, token_type_ids and cu_seqlens, I64, of a file written by `rpp-inspect forward`. Throws Error
// when one is missing or an id is invalid.
TextBatch read_texts(const SafetensorsFile& file);

struct AnswerDifference {
  std::string name;                         // last_hidden_state, pooler_output, logits
  int64_t num_values = 0;                   // that were compared
  double largest = 0;                       // absolute difference; infinite for NaN
  int64_t num_texts = 0, other_labels = 0;  // of logits: texts, and those with another best label
};

// Encodes the texts of a file written by `rpp-inspect forward` and compares the outputs in it. Throws Error
// for a file without these inputs, or of a model with other sizes.
std::vector<AnswerDifference> compare_outputs(Session& session, const std::filesystem::path& outputs);

}  // namespace rpp
