// The encoder outputs that a task's loss needs: a few tokens, or all of them for distillation.
#pragma once

#include <torch/types.h>

#include "model/bert.h"

namespace rpp {

struct EncodedForLoss {
  torch::Tensor at_needed;  // [needed, hidden]
  torch::Tensor hidden;     // [tokens, hidden] with `whole`, else undefined
};

// `needed` as in Bert::encode_at.
inline EncodedForLoss encode_for_loss(const Bert& model, const BertInputs& inputs,
                                      const torch::Tensor& needed, const ForwardOptions& options,
                                      bool whole) {
  if (!whole) return {.at_needed = model.encode_at(inputs, needed, options), .hidden = {}};
  auto hidden = model.encode(inputs, options);
  return {.at_needed = hidden.index_select(0, needed), .hidden = hidden};
}

}  // namespace rpp
