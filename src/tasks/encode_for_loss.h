// The encoder outputs that a task's loss needs: those of a few tokens, and hidden states of all of them for
// distillation.
#pragma once

#include <torch/types.h>

#include <vector>

#include "model/bert.h"

namespace rpp {

// Of which layers a distillation compares the outputs.
enum class ComparedLayers { none, last, all };

struct EncodedForLoss {
  torch::Tensor at_needed;              // [needed, hidden]
  std::vector<torch::Tensor> compared;  // [compared layers] of [tokens, hidden]
};

// `needed` as in Bert::encode_at; undefined: all tokens.
inline EncodedForLoss encode_for_loss(const Bert& model, const BertInputs& inputs,
                                      const torch::Tensor& needed, const ForwardOptions& options,
                                      ComparedLayers compared) {
  if (compared == ComparedLayers::none)
    return {.at_needed = model.encode_at(inputs, needed, options), .compared = {}};
  EncodedForLoss encoded;
  if (compared == ComparedLayers::last) encoded.compared = {model.encode(inputs, options)};
  if (compared == ComparedLayers::all) encoded.compared = model.encode_layers(inputs, options);
  const auto& hidden = encoded.compared.back();
  encoded.at_needed = needed.defined() ? hidden.index_select(0, needed) : hidden;
  return encoded;
}

}  // namespace rpp
