// One vector per text from its last hidden states, with gradient; the runtime's form is runtime/embed.h.
#pragma once

#include <torch/types.h>

#include "bert_format/sentence_embedding.h"
#include "ops/sequence_layout.h"

namespace rpp {

// Throws UsageError for what training does not have: other poolings than cls, mean and mean_sqrt_length,
// several of them, Dense modules, and prompts. `model` is named in the message.
void check_trainable(const SentenceEmbedding& embedding, const std::string& model);

// hidden: [tokens, hidden size]. Returns fp32 [sequences, hidden size], each of length 1: cosines are what
// embeddings are compared by, whether or not the model's files normalise.
torch::Tensor sentence_vectors(const SentenceEmbedding& embedding, const torch::Tensor& hidden,
                               const SequenceLayout& layout);

}  // namespace rpp
