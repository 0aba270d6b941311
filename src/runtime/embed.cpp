// Formulas and their order follow Pooling, Dense and Normalize of sentence-transformers 6.2.
#include "runtime/embed.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <ranges>

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

int64_t tokens_not_pooled(const SentenceEmbedding& embedding, const std::string& prompt,
                          const Tokenizer& tokenizer) {
  if (embedding.pool_prompt || prompt.empty()) return 0;
  return 1 + static_cast<int64_t>(tokenizer.encode(prompt).size());
}

const std::string& find_prompt(const SentenceEmbedding& embedding, const RuntimeModel& model,
                               const std::string& name) {
  if (name.empty()) return embedding.prompt;
  const auto prompt = embedding.prompts.find(name);
  if (prompt == embedding.prompts.end()) {
    fail_usage("{} has no prompt '{}'; its prompts: {}", model.file().path(), name,
               embedding.prompts.empty()
                   ? "none"
                   : fmt::format("{}", fmt::join(std::views::keys(embedding.prompts), ", ")));
  }
  return prompt->second;
}

// Divides by the length.
void normalize(std::span<float> vector) {
  double squares = 0;
  for (const float value : vector) squares += double{value} * value;
  const auto length = static_cast<float>(std::max(std::sqrt(squares), 1e-12));
  for (float& value : vector) value /= length;
}

}  // namespace

EmbeddingChoice choose_embedding(const SentenceEmbedding& embedding, const RuntimeModel& model,
                                 const Tokenizer& tokenizer, const EmbedOptions& options) {
  const int64_t size = embedding.size(model.sizes().hidden);
  if (options.dimensions < 0 || options.dimensions > size) {
    fail_usage("dimensions is {}, the model's embeddings have {}", options.dimensions, size);
  }
  const std::string& prompt = find_prompt(embedding, model, options.prompt);
  return {.prompt = prompt,
          .not_pooled = tokens_not_pooled(embedding, prompt, tokenizer),
          .dimensions = options.dimensions > 0 ? options.dimensions : size,
          .normalize_all = embedding.normalized && options.normalize != false,
          .normalize_rest = options.normalize.value_or(false)};
}

void embed_into(const SentenceEmbedding& embedding, const EmbeddingChoice& choice, Session& session,
                std::span<const int32_t> cu_seqlens, std::span<float> vectors) {
  const auto hidden = session.hidden();  // [tokens, hidden]
  const auto size = static_cast<size_t>(session.model().sizes().hidden);
  check_sizes(embedding, session);
  const auto dimensions = static_cast<size_t>(choice.dimensions);
  for (size_t text = 0; text + 1 < cu_seqlens.size(); ++text) {
    const auto begin = static_cast<size_t>(cu_seqlens[text]);
    const auto count = static_cast<size_t>(cu_seqlens[text + 1]) - begin;
    const TokenRows rows{.values = hidden.subspan(begin * size, count * size),
                         .size = size,
                         .first = std::min(static_cast<size_t>(choice.not_pooled), count - 1)};
    require_finite(rows.values, session, "a hidden state");  // a maximum would hide a NaN
    std::vector<float> features;
    for (const Pooling pooling : embedding.poolings) {
      for (size_t i = 0; i < size; ++i) features.push_back(pooled(pooling, rows, i));
    }
    for (const DenseModule& dense : embedding.dense) features = dense.apply(features);
    require_finite(features, session, "a number of an embedding");  // before normalisation
    if (choice.normalize_all) normalize(features);
    const auto vector = vectors.subspan(text * dimensions, dimensions);
    std::ranges::copy(std::span(features).first(dimensions), vector.begin());
    if (choice.normalize_rest) normalize(vector);
  }
}

}  // namespace rpp
