// Vectors of texts from the last hidden states.
#pragma once

#include <cstdint>
#include <span>

#include "bert_format/sentence_embedding.h"
#include "rpp/answerer.h"
#include "rpp/session.h"
#include "rpp/tokenizer.h"

namespace rpp {

// What a caller has chosen of a model's embeddings.
struct EmbeddingChoice {
  std::string prompt;           // prepended to every text
  int64_t not_pooled = 0;       // tokens of [CLS] and the prompt if they are excluded from pooling
  int64_t dimensions = 0;       // of a vector
  bool normalize_all = false;   // before `dimensions` cuts
  bool normalize_rest = false;  // what is left

  bool operator==(const EmbeddingChoice&) const = default;
};

// Throws UsageError for a prompt that the model does not have, and for more dimensions than it has.
EmbeddingChoice choose_embedding(const SentenceEmbedding& embedding, const RuntimeModel& model,
                                 const Tokenizer& tokenizer, const EmbedOptions& options);

// The vectors [sequences, dimensions] of the batch encoded last. Throws Error for a non-finite number.
void embed_into(const SentenceEmbedding& embedding, const EmbeddingChoice& choice, Session& session,
                std::span<const int32_t> cu_seqlens, std::span<float> vectors);

}  // namespace rpp
