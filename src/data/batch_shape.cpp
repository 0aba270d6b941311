#include "data/batch_shape.h"

#include <algorithm>

#include "core/ignored_label.h"
#include "rpp/error.h"

namespace rpp {
namespace {

void append_filler(int64_t length, PackedBatch& batch) {
  for (int64_t i = 0; i < length; ++i) batch.position_ids.push_back(static_cast<int32_t>(i));
  batch.input_ids.resize(batch.position_ids.size(), 0);
  batch.token_type_ids.resize(batch.position_ids.size(), 0);
  batch.cu_seqlens.push_back(static_cast<int32_t>(batch.position_ids.size()));
}

}  // namespace

PackedBatch fill_up(PackedBatch batch, const BatchShape& shape) {
  const auto predictions = static_cast<int64_t>(batch.mlm_positions.size());
  RPP_CHECK(batch.num_sequences() == shape.sequences && batch.num_tokens() <= shape.tokens() &&
                predictions <= shape.predictions,
            "a batch of {} sequences, {} tokens and {} predictions does not fit into {}, {} and {}",
            batch.num_sequences(), batch.num_tokens(), predictions, shape.sequences, shape.tokens(),
            shape.predictions);
  for (int64_t i = 0; i < shape.sequences; ++i) {
    append_filler(std::min(shape.max_seq_length, shape.tokens() - batch.num_tokens()), batch);
  }
  // At distinct tokens: gradients are accumulated per token, and one shared token would serialise the
  // additions.
  for (int64_t i = predictions; i < shape.predictions; ++i) {
    batch.mlm_positions.push_back(static_cast<int32_t>(i % shape.tokens()));
    batch.mlm_labels.push_back(kIgnoredLabel);
  }
  return batch;
}

}  // namespace rpp
