// The proof of an export: its answers beside those of the model it was made of.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/safetensors.h"
#include "rpp/session.h"
#include "runtime/text_batch.h"

namespace rpp {

// input_ids, token_type_ids and cu_seqlens, I64, of a file that `rpp-inspect forward` wrote. Throws Error
// when one is missing or no id.
TextBatch read_texts(const SafetensorsFile& file);

struct AnswerDifference {
  std::string name;                         // last_hidden_state, pooler_output, logits
  int64_t num_values = 0;                   // that were compared
  double largest = 0;                       // absolute difference; of NaN infinite
  int64_t num_texts = 0, other_labels = 0;  // of logits: texts, and those with another best label
};

// Encodes the texts of a file that `rpp-inspect forward` wrote and compares the outputs that it holds. Throws
// Error for a file without these inputs, or of a model with other sizes.
std::vector<AnswerDifference> compare_outputs(Session& session, const std::filesystem::path& outputs);

}  // namespace rpp
