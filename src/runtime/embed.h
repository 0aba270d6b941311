// Vectors of texts from the last hidden states.
#pragma once

#include <cstdint>
#include <span>

#include "bert_format/sentence_embedding.h"
#include "rpp/session.h"
#include "rpp/tokenizer.h"

namespace rpp {

// The tokens of [CLS] and the prompt if they are excluded from pooling, else 0.
int64_t tokens_not_pooled(const SentenceEmbedding& embedding, const Tokenizer& tokenizer);

// Divides by the length.
void normalize(std::span<float> vector);

// The vectors [sequences, size] of the batch encoded last; the first `skipped` tokens of each sequence are
// the [CLS] and prompt excluded from pooling. Throws Error for a non-finite number.
void embed_into(const SentenceEmbedding& embedding, Session& session, std::span<const int32_t> cu_seqlens,
                int64_t skipped, std::span<float> vectors);

}  // namespace rpp
