// Vectors of texts from the last hidden states.
#pragma once

#include <cstdint>
#include <span>

#include "bert_format/sentence_embedding.h"
#include "rpp/session.h"
#include "rpp/tokenizer.h"

namespace rpp {

// [CLS] and the prompt's, where they are not to be pooled, else 0.
int64_t tokens_not_pooled(const SentenceEmbedding& embedding, const Tokenizer& tokenizer);

// The vectors [sequences, size] of the batch that the session has encoded last; the first `skipped` tokens of
// each are the [CLS] and the prompt that are not pooled. Throws Error where a number is not finite.
void embed_into(const SentenceEmbedding& embedding, Session& session, std::span<const int32_t> cu_seqlens,
                int64_t skipped, std::span<float> vectors);

}  // namespace rpp
