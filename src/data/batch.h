// A batch without padding: concatenated sequences and the offset of each.
#pragma once

#include <cstdint>
#include <vector>

namespace rpp {

// One struct for pre-training, GLUE, tags and SQuAD, on CPU and CUDA. Unused fields stay empty.
struct PackedBatch {
  std::vector<int32_t> input_ids;       // [tokens]
  std::vector<int32_t> token_type_ids;  // [tokens]
  std::vector<int32_t> position_ids;    // [tokens], from 0 in each sequence
  std::vector<int32_t> cu_seqlens = {
      0};  // [sequences + 1]; sequence s is tokens [cu_seqlens[s], cu_seqlens[s + 1])
  std::vector<int32_t> mlm_positions;    // [predictions], indices into tokens
  std::vector<int32_t> mlm_labels;       // [predictions], original ids
  std::vector<int32_t> label_positions;  // [labelled], indices into tokens: first tokens of tagged words
  std::vector<int32_t> labels;           // [sequences]: NSP (0 = is next, 1 = random) or class; or [labelled]
  std::vector<float> scores;             // [sequences]: regression targets; or [sequences * labels]: 0 or 1
  std::vector<int32_t> start_positions, end_positions;  // [sequences]: of a span, from 0 in each sequence

  int64_t num_tokens() const { return static_cast<int64_t>(input_ids.size()); }
  int64_t num_sequences() const { return static_cast<int64_t>(cu_seqlens.size()) - 1; }
};

}  // namespace rpp
