// Batches of one fixed shape, padded with filler, for work that is recorded once and then replayed.
#pragma once

#include <cstdint>

#include "data/batch.h"

namespace rpp {

struct BatchShape {
  int64_t sequences = 0;       // of every batch
  int64_t max_seq_length = 0;  // maximum tokens per sequence
  int64_t predictions = 0;     // maximum per batch

  int64_t tokens() const { return sequences * max_seq_length; }
};

// A pre-training batch of this shape, its own tokens and predictions first: [tokens()], [2 * sequences + 1]
// offsets, [predictions]. They are followed by as many filler sequences of [PAD] (id 0), full ones first and
// empty ones last, and by filler predictions with kIgnoredLabel at distinct tokens. NSP labels are unchanged:
// they belong to the first sequences. Throws Error for a batch that does not fit.
PackedBatch fill_up(PackedBatch batch, const BatchShape& shape);

}  // namespace rpp
