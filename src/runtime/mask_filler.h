// Texts with a [MASK], filled by a masked language model.
#pragma once

#include <memory>

#include "rpp/answerer.h"

namespace rpp {

inline constexpr size_t kNumFillings = 20;  // the best; of a smaller vocabulary all of it

// A classifier that has kept the head it was pre-trained with classifies.
inline bool fills_masks(const ModelSizes& sizes) {
  return sizes.mlm && sizes.labels == 0 && !sizes.span;
}

std::unique_ptr<Answerer> make_mask_filler(std::shared_ptr<const RuntimeModel> model,
                                           const Tokenizer& tokenizer, int64_t max_seq_length,
                                           int num_threads);

}  // namespace rpp
