// Fills texts with a [MASK], with a masked language model.
#pragma once

#include <memory>

#include "rpp/answerer.h"

namespace rpp {

inline constexpr size_t kNumFillings = 20;  // the best; all tokens of a smaller vocabulary

// A classifier that kept its pre-training head is still used as a classifier.
inline bool fills_masks(const ModelSizes& sizes) {
  return sizes.mlm && sizes.labels == 0 && !sizes.span;
}

std::unique_ptr<Answerer> make_mask_filler(std::shared_ptr<const RuntimeModel> model,
                                           const Tokenizer& tokenizer, int64_t max_seq_length,
                                           int num_threads);

}  // namespace rpp
