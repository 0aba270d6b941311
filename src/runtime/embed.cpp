// Formulas and their order follow Pooling, Dense and Normalize of sentence-transformers 6.2.
#include "runtime/embed.h"
#include "bert_format/sentence_embedding.h"

#include <algorithm>
#include <cmath>

#include "rpp/error.h"

namespace rpp {
namespace {

// One text: its hidden states [tokens, size], row by row.
struct TokenRows {
  std::span<const float> values;
  size_t size = 0;
  size_t first = 0;  // first pooled token

  size_t count() const { return values.size() / size; }
  float at(size_t token, size_t i) const { return values[token * size + i]; }
};

float pooled(Pooling pooling, const TokenRows& rows, size_t i) {
  if (pooling == Pooling::cls) return rows.at(rows.first, i);
  if (pooling == Pooling::last) return rows.at(rows.count() - 1, i);
  float sum = 0, largest = rows.at(rows.first, i), weights = 0;
  for (size_t token = rows.first; token < rows.count(); ++token) {
    const float weight = pooling == Pooling::weighted_mean ? static_cast<float>(token + 1) : 1.0F;
    sum += weight * rows.at(token, i);
    weights += weight;
    largest = std::max(largest, rows.at(token, i));
  }
  if (pooling == Pooling::max) return largest;
  return sum / (pooling == Pooling::mean_sqrt_length ? std::sqrt(weights) : weights);
}

// A Dense module of another model must not read beyond its input.
void check_sizes(const SentenceEmbedding& embedding, const Session& session) {
  auto size = session.model().sizes().hidden * static_cast<int64_t>(embedding.poolings.size());
  for (const DenseModule& dense : embedding.dense) {
    RPP_CHECK(dense.in == size, "{}: a Dense module takes {} features, {} reach it: is it of another model?",
              session.model().file().path(), dense.in, size);
    size = dense.out;
  }
}

}  // namespace

void normalize(std::span<float> vector) {
  double squares = 0;
  for (const float value : vector) squares += double{value} * value;
  const auto length = static_cast<float>(std::max(std::sqrt(squares), 1e-12));
  for (float& value : vector) value /= length;
}

int64_t tokens_not_pooled(const SentenceEmbedding& embedding, const Tokenizer& tokenizer) {
  if (embedding.pool_prompt || embedding.prompt.empty()) return 0;
  return 1 + static_cast<int64_t>(tokenizer.encode(embedding.prompt).size());
}

void embed_into(const SentenceEmbedding& embedding, Session& session, std::span<const int32_t> cu_seqlens,
                int64_t skipped, std::span<float> vectors) {
  const auto hidden = session.hidden();  // [tokens, hidden]
  const auto size = static_cast<size_t>(session.model().sizes().hidden);
  check_sizes(embedding, session);
  const auto vector_size = static_cast<size_t>(embedding.size(session.model().sizes().hidden));
  for (size_t text = 0; text + 1 < cu_seqlens.size(); ++text) {
    const auto begin = static_cast<size_t>(cu_seqlens[text]);
    const auto count = static_cast<size_t>(cu_seqlens[text + 1]) - begin;
    const TokenRows rows{.values = hidden.subspan(begin * size, count * size),
                         .size = size,
                         .first = std::min(static_cast<size_t>(skipped), count - 1)};
    require_finite(rows.values, session, "a hidden state");  // a maximum would hide a NaN
    std::vector<float> features;
    for (const Pooling pooling : embedding.poolings) {
      for (size_t i = 0; i < size; ++i) features.push_back(pooled(pooling, rows, i));
    }
    for (const DenseModule& dense : embedding.dense) features = dense.apply(features);
    const auto vector = vectors.subspan(text * vector_size, vector_size);
    std::ranges::copy(features, vector.begin());
    require_finite(vector, session, "a number of an embedding");  // before normalisation
    if (embedding.normalized) normalize(vector);
  }
}

}  // namespace rpp
