#include "data/squad_batch.h"

namespace rpp {

PackedBatch make_squad_batch(const SquadFeatures& features, std::span<const int64_t> indices) {
  PackedBatch batch;
  for (const int64_t index : indices) {
    const SquadWindow& window = features.windows[static_cast<size_t>(index)];
    const auto begin = static_cast<int32_t>(batch.num_tokens());
    append_window(features, window, batch.input_ids, batch.token_type_ids);
    const auto end = static_cast<int32_t>(batch.num_tokens());
    for (int32_t i = begin; i < end; ++i) batch.position_ids.push_back(i - begin);
    batch.cu_seqlens.push_back(end);
    batch.start_positions.push_back(window.start_position);
    batch.end_positions.push_back(window.end_position);
  }
  return batch;
}

}  // namespace rpp
