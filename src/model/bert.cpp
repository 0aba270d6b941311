// Parameters and forward pass. The order of operations follows modeling_bert.py of transformers.
#include "rpp/model/bert.h"

#include <cmath>

#include "recompute.h"
#include "rpp/config/layer_sizes.h"
#include "rpp/core/error.h"
#include "rpp/core/rng.h"
#include "rpp/core/stop_signal.h"
#include "rpp/ops/attention.h"
#include "rpp/ops/dropout.h"
#include "rpp/ops/embedding.h"
#include "rpp/ops/gelu.h"
#include "rpp/ops/layer_norm.h"
#include "rpp/ops/linear.h"
#include "rpp/ops/torch.h"

namespace rpp {
namespace {

// The places where dropout draws; a draw is keyed by (dropout_seed, layer, site).
enum class Site { embedding, attention_probs, attention_output, output, classifier };

constexpr int64_t kNumSites = 5;
constexpr int64_t kNoLayer = -1;

DropoutSeed site_seed(const ForwardOptions& options, int64_t layer, Site site) {
  const auto index = static_cast<int64_t>(site);
  if (!options.dropout_seeds.defined()) return mix_key(options.dropout_seed, layer, index);
  return DropoutSeed(options.dropout_seeds[(layer - kNoLayer) * kNumSites + index]);
}

double rate(double dropout_prob, const ForwardOptions& options) {
  return options.training ? dropout_prob : 0.0;
}

void check_shape(const ModelConfig& config, const HeadSpec& heads) {
  RPP_CHECK(config.hidden_size % config.num_attention_heads == 0,
            "hidden_size {} is not a multiple of num_attention_heads {}: change one of them",
            config.hidden_size, config.num_attention_heads);
  RPP_CHECK(heads.pooler || (!heads.pretraining && heads.num_labels == 0),
            "the pre-training head and the classifier need the pooler: set HeadSpec::pooler");
}

AttentionHeads heads_of_layer(const ModelConfig& config, int64_t layer) {
  const auto sizes = sizes_of_layer(config, layer);
  auto heads = equal_heads(config.hidden_size, config.num_attention_heads);
  heads.num_heads = sizes.num_attention_heads;
  heads.query_key_dim = sizes.query_key_dim;
  heads.value_dim = sizes.value_dim;
  return heads;
}

// Makes the fp32 leaves on one device.
struct Maker {
  torch::Device device;

  torch::Tensor leaf(std::vector<int64_t> shape, double value = 0.0) const {
    return torch::full(shape, value, torch::dtype(torch::kFloat32).device(device)).requires_grad_(true);
  }
  LinearWeights linear(int64_t out, int64_t in) const {
    return {.weight = leaf({out, in}), .bias = leaf({out}), .working = {}};
  }
  LayerNormWeights norm(int64_t hidden) const {
    return {.weight = leaf({hidden}, 1.0), .bias = leaf({hidden})};
  }

  EncoderLayerWeights layer(const ModelConfig& config, int64_t index) const {
    const int64_t hidden = config.hidden_size;
    const auto heads = heads_of_layer(config, index);
    const int64_t units = sizes_of_layer(config, index).intermediate_size;
    return {.heads = heads,
            .qkv = linear(heads.qkv_size(), hidden),
            .attention_output = linear(hidden, heads.context_size()),
            .attention_norm = norm(hidden),
            .intermediate = linear(units, hidden),
            .output = linear(hidden, units),
            .output_norm = norm(hidden)};
  }
};

torch::Tensor apply(const LinearWeights& weights, const torch::Tensor& x) {
  return linear(x, weights.weight, weights.bias, weights.working);
}

}  // namespace

std::vector<uint64_t> dropout_seeds(uint64_t dropout_seed, int64_t num_hidden_layers) {
  std::vector<uint64_t> seeds;
  for (int64_t layer = kNoLayer; layer < num_hidden_layers; ++layer) {
    for (int64_t site = 0; site < kNumSites; ++site) seeds.push_back(mix_key(dropout_seed, layer, site));
  }
  return seeds;
}

torch::Tensor first_tokens(const SequenceLayout& layout) {
  return layout.cu_seqlens.slice(0, 0, -1).to(torch::kInt64);
}

Bert::Bert(const ModelConfig& config, const HeadSpec& heads, torch::Device device)
    : config_(config), heads_(heads) {
  check_shape(config, heads);
  const Maker make{device};
  const int64_t hidden = config.hidden_size;
  word_embeddings_ = make.leaf({config.vocab_size, hidden});
  position_embeddings_ = make.leaf({config.max_position_embeddings, hidden});
  token_type_embeddings_ = make.leaf({config.type_vocab_size, hidden});
  embedding_norm_ = make.norm(hidden);
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) layers_.push_back(make.layer(config, i));
  if (heads.pooler) pooler_ = make.linear(hidden, hidden);
  if (heads.pretraining) {
    mlm_transform_ = make.linear(hidden, hidden);
    mlm_norm_ = make.norm(hidden);
    mlm_bias_ = make.leaf({config.vocab_size});
    nsp_ = make.linear(2, hidden);
  }
  if (heads.num_labels > 0) classifier_ = make.linear(heads.num_labels, hidden);
  if (heads.span) span_ = make.linear(2, hidden);
}

torch::Tensor Bert::embed(const BertInputs& inputs, const ForwardOptions& options) const {
  auto sum = bert_embedding(inputs.input_ids, inputs.token_type_ids, inputs.position_ids, word_embeddings_,
                            position_embeddings_, token_type_embeddings_);  // [tokens, hidden]
  auto normed = layer_norm(sum, embedding_norm_.weight, embedding_norm_.bias, config_.layer_norm_eps);
  return dropout(normed, rate(config_.hidden_dropout_prob, options),
                 site_seed(options, kNoLayer, Site::embedding));
}

torch::Tensor Bert::encode_layer(int64_t index, const torch::Tensor& hidden, const SequenceLayout& layout,
                                 const ForwardOptions& options, const torch::Tensor& tokens) const {
  const auto& layer = layers_[index];
  const double hidden_dropout = rate(config_.hidden_dropout_prob, options);
  auto qkv = apply(layer.qkv, hidden);  // [tokens, qkv_size]
  auto context =
      varlen_attention(qkv, layout, layer.heads, rate(config_.attention_probs_dropout_prob, options),
                       site_seed(options, index, Site::attention_probs));  // [tokens, context_size]
  auto residual = hidden;
  if (tokens.defined()) {
    context = context.index_select(0, tokens);
    residual = hidden.index_select(0, tokens);
  }
  auto attended =
      dropout_add_layer_norm(apply(layer.attention_output, context), residual, layer.attention_norm.weight,
                             layer.attention_norm.bias, config_.layer_norm_eps, hidden_dropout,
                             site_seed(options, index, Site::attention_output));
  auto expanded = rpp::gelu(apply(layer.intermediate, attended));  // [tokens, intermediate]
  return dropout_add_layer_norm(apply(layer.output, expanded), attended, layer.output_norm.weight,
                                layer.output_norm.bias, config_.layer_norm_eps, hidden_dropout,
                                site_seed(options, index, Site::output));
}

torch::Tensor Bert::encode(const BertInputs& inputs, const ForwardOptions& options) const {
  return encode_at(inputs, {}, options);
}

torch::Tensor Bert::encode_at(const BertInputs& inputs, const torch::Tensor& tokens,
                              const ForwardOptions& options) const {
  auto hidden = embed(inputs, options);
  const int64_t last = config_.num_hidden_layers - 1;
  for (int64_t i = 0; i <= last; ++i) {
    check_stop();  // a batch of an evaluation may take longer than a user waits
    const auto encode = [=, this, layout = inputs.layout, asked = i == last ? tokens : torch::Tensor()](
                            const torch::Tensor& x) { return encode_layer(i, x, layout, options, asked); };
    hidden = options.activation_checkpointing && hidden.requires_grad()
                 ? recompute_in_backward(hidden, encode)
                 : encode(hidden);
  }
  return hidden;
}

torch::Tensor Bert::pool(const torch::Tensor& first) const {
  return torch::tanh(apply(pooler_, first));
}

torch::Tensor Bert::mlm_logits(const torch::Tensor& masked) const {
  auto transformed = layer_norm(rpp::gelu(apply(mlm_transform_, masked)), mlm_norm_.weight, mlm_norm_.bias,
                                config_.layer_norm_eps);
  return linear(transformed, word_embeddings_, mlm_bias_, decoder_working_);  // [predictions, vocab]
}

torch::Tensor Bert::nsp_logits(const torch::Tensor& pooled) const {
  return apply(nsp_, pooled);
}

torch::Tensor Bert::classify(const torch::Tensor& pooled, const ForwardOptions& options) const {
  auto dropped = dropout(pooled, rate(config_.hidden_dropout_prob, options),
                         site_seed(options, kNoLayer, Site::classifier));
  return apply(classifier_, dropped);
}

torch::Tensor Bert::span_logits(const torch::Tensor& hidden) const {
  return apply(span_, hidden);
}

}  // namespace rpp
