// The order of operations follows modeling_bert.py of transformers.
#include "encoder.h"

#include "steps.h"

namespace rpp {
namespace {

// The maximum of a size over all layers.
template <typename Size>
int64_t widest(const ModelSizes& sizes, const Size& size) {
  int64_t largest = 0;
  for (const auto& layer : sizes.layers) largest = std::max(largest, size(layer));
  return largest;
}

int64_t num_sequences(const TokenBatch& batch) {
  return static_cast<int64_t>(batch.cu_seqlens.size()) - 1;
}

struct Sequence {
  int64_t begin = 0, end = 0;  // its tokens
};

Sequence sequence_of(const TokenBatch& batch, int64_t index) {
  const int32_t* bounds = batch.cu_seqlens.data() + index;
  return {.begin = bounds[0], .end = bounds[1]};
}

int64_t longest_sequence(const TokenBatch& batch) {
  int64_t longest = 0;
  for (int64_t i = 0; i < num_sequences(batch); ++i) {
    const Sequence sequence = sequence_of(batch, i);
    longest = std::max(longest, sequence.end - sequence.begin);
  }
  return longest;
}

}  // namespace

Encoder::Encoder(const Weights& weights, ThreadTeam& team)
    : weights_(weights), team_(team), scratch_(static_cast<size_t>(team.size())) {
  for (auto& scratch : scratch_) {
    for (auto* row : {&scratch.word, &scratch.position, &scratch.token_type}) {
      row->resize(static_cast<size_t>(weights.sizes.embedding));
    }
  }
}

void Encoder::encode(const TokenBatch& batch) {
  reshape(batch);
  team_.run([this, &batch](int thread) {
    embed(batch, thread);
    for (size_t layer = 0; layer < weights_.layers.size(); ++layer) encode_layer(layer, batch, thread);
  });
}

// Layers narrower than the widest leave features unused.
void Encoder::reshape(const TokenBatch& batch) {
  const auto num_tokens = static_cast<int64_t>(batch.input_ids.size());
  const ModelSizes& sizes = weights_.sizes;
  for (Tiles* tiles : {&hidden_, &attended_, &projected_}) tiles->reshape(num_tokens, sizes.hidden);
  if (weights_.embedding_projection) embedded_.reshape(num_tokens, sizes.embedding);
  qkv_.reshape(num_tokens, widest(sizes, qkv_features));
  context_.reshape(num_tokens,
                   widest(sizes, [](const auto& layer) { return layer.num_heads * layer.value_dim; }));
  intermediate_.reshape(num_tokens, widest(sizes, [](const auto& layer) { return layer.intermediate_size; }));
  if (weights_.int8) {
    quantised_.reshape(num_tokens, std::max({sizes.hidden, context_.features(), intermediate_.features()}));
  }
  const int64_t longest = longest_sequence(batch);
  for (auto& scratch : scratch_) {
    for (const auto& layer : sizes.layers) scratch.attention.reserve(layer, longest);
  }
}

void Encoder::embed(const TokenBatch& batch, int thread) {
  const auto [first, end] = team_.share(num_sequences(batch), thread);
  for (int64_t i = first; i < end; ++i) {
    const Sequence sequence = sequence_of(batch, i);
    // Of the position embeddings. In RoBERTa the row before the first has the number of the padding token;
    // such a token that a text spells takes it, and the tokens behind it are not counted on. BERT has none.
    const int64_t first_row = weights_.sizes.first_position;
    int64_t row = first_row;
    for (int64_t token = sequence.begin; token < sequence.end; ++token) {
      const bool is_padding = batch.input_ids[static_cast<size_t>(token)] == first_row - 1;
      embed_token(batch, token, is_padding ? first_row - 1 : row++, scratch_[static_cast<size_t>(thread)]);
    }
  }
  team_.wait_for_all();
  Tiles& sums = embeddings();
  do_step(weights_, NormStep{.norm = weights_.embedding_norm, .x = sums, .y = sums}, team_, thread);
  team_.wait_for_all();
  if (!weights_.embedding_projection) return;
  do_step(weights_, LinearStep{.linear = *weights_.embedding_projection, .x = sums, .y = hidden_}, team_,
          thread);
  team_.wait_for_all();
}

void Encoder::embed_token(const TokenBatch& batch, int64_t token, int64_t position_row, Scratch& scratch) {
  const auto at = static_cast<size_t>(token);
  unpack_row_into(weights_.word_embeddings, batch.input_ids[at], scratch.word);
  unpack_row_into(weights_.position_embeddings, position_row, scratch.position);
  if (weights_.token_type_embeddings) {  // else they stay zero
    unpack_row_into(*weights_.token_type_embeddings,
                    batch.token_type_ids.empty() ? 0 : batch.token_type_ids[at], scratch.token_type);
  }
  for (size_t i = 0; i < scratch.word.size(); ++i) {
    embeddings().at(token, static_cast<int64_t>(i)) =
        scratch.word[i] + scratch.token_type[i] + scratch.position[i];
  }
}

void Encoder::encode_layer(size_t index, const TokenBatch& batch, int thread) {
  const EncoderLayer& layer = weights_.layers[index];
  const int64_t first_key = layer.query.rows, first_value = first_key + layer.key.rows;
  const auto step = [&](const auto& what) { do_step(weights_, what, team_, thread); };

  const auto multiply = [&](const Linear& linear, const Tiles& x, Tiles& y, int64_t y_feature = 0,
                            Activation activation = Activation::none) {
    step(LinearStep{.linear = linear,
                    .x = x,
                    .quantised = &quantised_,
                    .y = y,
                    .y_feature = y_feature,
                    .activation = activation});
  };

  quantise(hidden_, layer.query.cols, thread);
  multiply(layer.query, hidden_, qkv_);
  multiply(layer.key, hidden_, qkv_, first_key);
  multiply(layer.value, hidden_, qkv_, first_value);
  team_.wait_for_all();
  attend_all(weights_.sizes.layers[index], batch, thread);
  team_.wait_for_all();
  quantise(context_, layer.attention_output.cols, thread);
  multiply(layer.attention_output, context_, projected_);
  team_.wait_for_all();
  step(NormStep{.norm = layer.attention_norm, .x = projected_, .residual = &hidden_, .y = attended_});
  team_.wait_for_all();
  quantise(attended_, layer.intermediate.cols, thread);
  multiply(layer.intermediate, attended_, intermediate_, 0, Activation::gelu);
  team_.wait_for_all();
  quantise(intermediate_, layer.output.cols, thread);
  multiply(layer.output, intermediate_, projected_);
  team_.wait_for_all();
  step(NormStep{.norm = layer.output_norm, .x = projected_, .residual = &attended_, .y = hidden_});
  team_.wait_for_all();
}

void Encoder::quantise(const Tiles& x, int64_t features, int thread) {
  if (!weights_.int8) return;
  do_step(weights_, QuantiseStep{.x = x, .features = features, .y = quantised_}, team_, thread);
  team_.wait_for_all();
}

void Encoder::attend_all(const LayerShape& shape, const TokenBatch& batch, int thread) {
  const auto [first, end] = team_.share(num_sequences(batch) * shape.num_heads, thread);
  for (int64_t i = first; i < end; ++i) {
    const Sequence sequence = sequence_of(batch, i / shape.num_heads);
    const int64_t head = i % shape.num_heads;
    attend(*weights_.kernels, shape,
           {.head = head, .first_token = sequence.begin, .num_tokens = sequence.end - sequence.begin},
           weights_.relative_bias ? weights_.relative_bias->centre(head) : nullptr, qkv_,
           scratch_[static_cast<size_t>(thread)].attention, context_);
  }
}

}  // namespace rpp
