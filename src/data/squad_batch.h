// Windows of SQuAD questions as batches.
#pragma once

#include <cstdint>
#include <span>

#include "data/batch.h"
#include "tokenizer/squad_features.h"

namespace rpp {

// The windows with these indices, packed, with start_positions and end_positions.
PackedBatch make_squad_batch(const SquadFeatures& features, std::span<const int64_t> indices);

}  // namespace rpp
