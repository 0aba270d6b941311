// The order of operations follows modeling_bert.py of transformers.
//
// A large batch is encoded in portions of whole sequences, through all layers one after the other: a layer's
// activations then stay in the caches.
//
// Attention mixes tokens; all else works on single tiles. With enough tiles a thread takes one of its own
// through everything from one attention to the next, so that activations stay in its cache; with fewer, all
// threads share the rows of each matrix and wait for each other after every step. Both give the same bits.
#include "encoder.h"

#include "steps.h"

namespace rpp {
namespace {

// Tokens of a portion for each thread: measured (docs/performance.md).
constexpr int64_t kPortionTokens = 256;

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
    : weights_(weights),
      team_(team),
      buffers_(static_cast<size_t>(team.size())),
      scratch_(static_cast<size_t>(team.size())) {
  for (auto& scratch : scratch_) {
    for (auto* row : {&scratch.word, &scratch.position, &scratch.token_type}) {
      row->resize(static_cast<size_t>(weights.sizes.embedding));
    }
  }
}

void Encoder::encode(const TokenBatch& batch) {
  const auto num_tokens = static_cast<int64_t>(batch.input_ids.size());
  const int64_t most_tokens = kPortionTokens * team_.size();
  if (num_tokens <= most_tokens || num_sequences(batch) == 1) {
    hidden_ = &result_;
    return encode_portion(batch);
  }
  result_.reshape(num_tokens, weights_.sizes.hidden);
  hidden_ = &portion_;
  for (int64_t first = 0, end = 0; first < num_sequences(batch); first = end) {
    const int64_t first_token = sequence_of(batch, first).begin;
    const auto tokens_to = [&](int64_t sequence) { return sequence_of(batch, sequence).end - first_token; };
    for (end = first + 1; end < num_sequences(batch) && tokens_to(end) <= most_tokens;) ++end;
    encode_portion(sequences_of(batch, first, end));
    copy_portion_to(first_token);
  }
}

TokenBatch Encoder::sequences_of(const TokenBatch& batch, int64_t first, int64_t end) {
  const auto first_token = static_cast<size_t>(sequence_of(batch, first).begin);
  const size_t num_tokens = static_cast<size_t>(sequence_of(batch, end - 1).end) - first_token;
  portion_seqlens_.clear();
  for (int64_t i = first; i <= end; ++i) {
    portion_seqlens_.push_back(batch.cu_seqlens[static_cast<size_t>(i)] - static_cast<int32_t>(first_token));
  }
  return {.input_ids = batch.input_ids.subspan(first_token, num_tokens),
          .token_type_ids = batch.token_type_ids.empty()
                                ? batch.token_type_ids
                                : batch.token_type_ids.subspan(first_token, num_tokens),
          .cu_seqlens = portion_seqlens_};
}

void Encoder::copy_portion_to(int64_t first_token) {
  for_each_stretch(first_token, portion_.num_tokens(), [&](const Stretch& to) {
    for_each_stretch(to.done, to.length, [&](const Stretch& from) {
      weights_.kernels->scale_rows({.x = portion_.tile(from.tile) + from.lane,
                                    .x_stride = kTileTokens,
                                    .y_stride = kTileTokens,
                                    .factors = kOnes.data(),
                                    .count = portion_.features(),
                                    .num_tokens = from.length},
                                   result_.tile(to.tile) + to.lane + from.done);
    });
  });
}

void Encoder::encode_portion(const TokenBatch& batch) {
  reshape(batch);
  team_.run([this, &batch](int thread) {
    const size_t num_layers = weights_.layers.size();
    embed(batch, thread);
    team_.wait_for_all();
    on_tiles(thread, [this](Buffers& buffers, const Part& part) {
      begin_layers(part);
      begin_attention(0, buffers, part);
    });
    for (size_t layer = 0; layer < num_layers; ++layer) {
      attend_all(weights_.sizes.layers[layer], batch, thread);
      team_.wait_for_all();
      on_tiles(thread, [&](Buffers& buffers, const Part& part) {
        end_layer(layer, buffers, part);
        if (layer + 1 < num_layers) begin_attention(layer + 1, buffers, part);
      });
    }
  });
}

// Layers narrower than the widest leave features unused.
void Encoder::reshape(const TokenBatch& batch) {
  const auto num_tokens = static_cast<int64_t>(batch.input_ids.size());
  const ModelSizes& sizes = weights_.sizes;
  hidden_->reshape(num_tokens, sizes.hidden);
  if (weights_.embedding_projection) embedded_.reshape(num_tokens, sizes.embedding);
  qkv_.reshape(num_tokens, widest(sizes, qkv_features));
  context_.reshape(num_tokens,
                   widest(sizes, [](const auto& layer) { return layer.num_heads * layer.value_dim; }));
  by_tile_ = divides_well(hidden_->num_tiles());
  const int64_t intermediate = widest(sizes, [](const auto& layer) { return layer.intermediate_size; });
  const int64_t buffered_tokens = by_tile_ ? kTileTokens : num_tokens;
  for (auto& buffers : std::span(buffers_).first(by_tile_ ? buffers_.size() : 1)) {
    for (Tiles* tiles : {&buffers.attended, &buffers.projected})
      tiles->reshape(buffered_tokens, sizes.hidden);
    buffers.intermediate.reshape(buffered_tokens, intermediate);
    if (weights_.int8) {
      buffers.quantised.reshape(buffered_tokens, std::max({sizes.hidden, context_.features(), intermediate}));
    }
  }
  const int64_t longest = longest_sequence(batch);
  for (auto& scratch : scratch_) {
    for (const auto& layer : sizes.layers) scratch.attention.reserve(layer, longest);
  }
}

// Whether no thread waits long for one with more tiles.
bool Encoder::divides_well(int64_t num_tiles) const {
  constexpr double kMostIdle = 0.1;
  const int64_t threads = team_.size(), most = (num_tiles + threads - 1) / threads;
  return static_cast<double>(num_tiles) >= (1 - kMostIdle) * static_cast<double>(most * threads);
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

// work(buffers, part) for each tile of this thread, or for all tiles with the other threads. Then all have
// done it.
template <typename Work>
void Encoder::on_tiles(int thread, const Work& work) {
  const int64_t num_tiles = hidden_->num_tiles();
  if (by_tile_) {
    const auto [first, end] = team_.share(num_tiles, thread);
    for (int64_t tile = first; tile < end; ++tile) {
      work(buffers_[static_cast<size_t>(thread)],
           Part{.num_tokens = hidden_->num_tokens(), .first_tile = tile, .end_tile = tile + 1});
    }
    team_.wait_for_all();
  } else {
    work(buffers_.front(), part_of((*hidden_), team_, thread));
  }
}

// The next step may use all results of this one.
template <typename Step>
void Encoder::do_step(const Step& step, const Part& part) {
  rpp::do_step(weights_, step, part);
  wait_for_all_of(part);
}

// A thread that has a tile of its own waits for nobody.
void Encoder::wait_for_all_of(const Part& part) {
  if (part.num_threads > 1) team_.wait_for_all();
}

void Encoder::begin_layers(const Part& part) {
  Tiles& sums = embeddings();
  do_step(NormStep{.norm = weights_.embedding_norm, .x = sums, .y = sums}, part);
  if (!weights_.embedding_projection) return;
  do_step(LinearStep{.linear = *weights_.embedding_projection, .x = sums, .y = (*hidden_)}, part);
}

// Queries, keys and values.
void Encoder::begin_attention(size_t index, Buffers& buffers, const Part& part) {
  const EncoderLayer& layer = weights_.layers[index];
  quantise((*hidden_), layer.query.cols, buffers, part);
  int64_t first_feature = 0;
  for (const Linear* linear : {&layer.query, &layer.key, &layer.value}) {
    rpp::do_step(weights_,
                 LinearStep{.linear = *linear,
                            .x = (*hidden_),
                            .quantised = &buffers.quantised,
                            .y = qkv_,
                            .y_feature = first_feature},
                 part);
    first_feature += linear->rows;
  }
  wait_for_all_of(part);
}

// From the contexts of the attention to the layer's output.
void Encoder::end_layer(size_t index, Buffers& buffers, const Part& part) {
  const EncoderLayer& layer = weights_.layers[index];
  const auto multiply = [&](const Linear& linear, const Tiles& x, Tiles& y,
                            Activation activation = Activation::none) {
    quantise(x, linear.cols, buffers, part);
    do_step(
        LinearStep{
            .linear = linear, .x = x, .quantised = &buffers.quantised, .y = y, .activation = activation},
        part);
  };
  auto& [attended, projected, intermediate, quantised] = buffers;
  multiply(layer.attention_output, context_, projected);
  do_step(NormStep{.norm = layer.attention_norm, .x = projected, .residual = hidden_, .y = attended}, part);
  multiply(layer.intermediate, attended, intermediate, Activation::gelu);
  multiply(layer.output, intermediate, projected);
  do_step(NormStep{.norm = layer.output_norm, .x = projected, .residual = &attended, .y = (*hidden_)}, part);
}

void Encoder::quantise(const Tiles& x, int64_t features, Buffers& buffers, const Part& part) {
  if (weights_.int8) do_step(QuantiseStep{.x = x, .features = features, .y = buffers.quantised}, part);
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
