// Batches of one shape, for work that is recorded once and then repeated: what is missing is filled up.
#pragma once

#include <cstdint>

#include "data/batch.h"

namespace rpp {

struct BatchShape {
  int64_t sequences = 0;       // of every batch
  int64_t max_seq_length = 0;  // tokens of a sequence at most
  int64_t predictions = 0;     // of a batch at most

  int64_t tokens() const { return sequences * max_seq_length; }
};

// A pre-training batch of this shape, its own tokens and predictions first: [tokens()], [2 * sequences + 1]
// offsets, [predictions]. Behind them stand sequences of [PAD] (id 0), as many as there are real ones, full
// ones first and empty ones last, and predictions with kIgnoredLabel, at tokens that differ. NSP labels stay
// as they are: those of the first sequences. Throws Error for a batch that does not fit.
PackedBatch fill_up(PackedBatch batch, const BatchShape& shape);

}  // namespace rpp
