// Floating-point operations of training, counted over all matmuls; two for each multiply-add.
#pragma once

#include <cstdint>

#include "bert_format/model_config.h"

namespace rpp {

// The shape of a batch, averaged over its tokens.
struct TokenWork {
  double attended = 0.0;     // tokens that a token attends to: mean of length^2 / mean of length
  double predictions = 0.0;  // masked-LM predictions per token
  double sequences = 0.0;    // sequences per token
};

// Forward and backward, which is three times forward: encoder and attention for every token, the masked-LM
// head for the predictions, pooler and next-sentence head for the sequences. Recomputation in the backward
// pass is not counted. For BERT's own shape the sum is
//   72 L d^2 + 12 L d attended + 6 predictions (d^2 + V d) + 6 sequences (d^2 + 2 d).
double training_flops_per_token(const ModelConfig& config, const TokenWork& work);

}  // namespace rpp
