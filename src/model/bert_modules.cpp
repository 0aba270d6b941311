// The order of operations follows modeling_bert.py of transformers.
#include "model/bert_modules.h"

#include <algorithm>

#include "bert_format/model_config.h"
#include "bert_format/relative_position.h"
#include "ops/dropout.h"
#include "ops/embedding.h"
#include "ops/gelu.h"
#include "ops/layer_norm.h"
#include "ops/linear.h"
#include "ops/torch.h"

namespace rpp {
namespace {

torch::Tensor fp32(std::vector<int64_t> shape, double value, torch::Device device) {
  return torch::full(shape, value, torch::dtype(torch::kFloat32).device(device));
}

AttentionHeads heads_of_layer(const ModelConfig& config, int64_t layer) {
  const auto sizes = sizes_of_layer(config, layer);
  auto heads = equal_heads(config.hidden_size, config.num_attention_heads);
  heads.num_heads = sizes.num_attention_heads;
  heads.query_key_dim = sizes.query_key_dim;
  heads.value_dim = sizes.value_dim;
  return heads;
}

// Only groups the names of its modules.
struct NamedModules : torch::nn::Module {};

}  // namespace

LinearModule::LinearModule(int64_t out, int64_t in, torch::Device device, bool in_bf16)
    : weight(register_parameter("weight", fp32({out, in}, 0.0, device))),
      bias(register_parameter("bias", fp32({out}, 0.0, device))),
      computes_in_bf16(in_bf16) {}

torch::Tensor LinearModule::forward(const torch::Tensor& x) const {
  return linear(x, weight, bias, working);
}

LayerNormModule::LayerNormModule(int64_t size, double eps, torch::Device device)
    : weight(register_parameter("weight", fp32({size}, 1.0, device))),
      bias(register_parameter("bias", fp32({size}, 0.0, device))),
      epsilon(eps) {}

torch::Tensor LayerNormModule::forward(const torch::Tensor& x) const {
  return layer_norm(x, weight, bias, epsilon);
}

torch::Tensor LayerNormModule::add_and_norm(const torch::Tensor& x, const torch::Tensor& residual,
                                            double dropout_rate, const DropoutSeed& seed) const {
  return dropout_add_layer_norm(x, residual, weight, bias, epsilon, dropout_rate, seed);
}

EmbeddingModule::EmbeddingModule(int64_t rows, int64_t cols, torch::Device device)
    : weight(register_parameter("weight", fp32({rows, cols}, 0.0, device))) {}

BertEmbeddings::BertEmbeddings(const ModelConfig& config, torch::Device device)
    : first_position(rpp::first_position(config)) {
  const int64_t size = embedding_dim(config);
  const auto table = [&](const char* name, int64_t rows) {
    return register_module(name, std::make_shared<EmbeddingModule>(rows, size, device));
  };
  word_embeddings = table("word_embeddings", config.vocab_size);
  position_embeddings = table("position_embeddings", config.max_position_embeddings);
  if (has_token_types(config)) {
    token_type_embeddings = table("token_type_embeddings", config.type_vocab_size);
  } else {
    no_token_types = torch::zeros({config.type_vocab_size, size}, device);
  }
  norm = register_module("LayerNorm", std::make_shared<LayerNormModule>(size, config.layer_norm_eps, device));
}

// As create_position_ids_from_input_ids of transformers' modeling_roberta.py: a padding token that a text
// spells has no position, it takes the row before the first, and the tokens behind it are not counted on.
torch::Tensor BertEmbeddings::position_rows(const BertInputs& inputs) const {
  if (first_position == 0) return inputs.position_ids;
  const auto is_placed = inputs.input_ids.ne(first_position - 1).to(torch::kInt64);
  const auto placed_before = is_placed.cumsum(0) - is_placed;  // in the batch: [tokens]
  const auto starts = torch::arange(is_placed.size(0), placed_before.options()) - inputs.position_ids;
  const auto position = placed_before - placed_before.index_select(0, starts);
  return torch::where(is_placed.to(torch::kBool), position + first_position, first_position - 1);
}

torch::Tensor BertEmbeddings::forward(const BertInputs& inputs, double dropout_rate,
                                      const DropoutSeed& seed) const {
  auto sum = bert_embedding(
      inputs.input_ids, inputs.token_type_ids, position_rows(inputs), word_embeddings->weight,
      position_embeddings->weight,
      token_type_embeddings ? token_type_embeddings->weight : no_token_types);  // [tokens, embedding]
  return dropout(norm->forward(sum), dropout_rate, seed);
}

BertSelfAttention::BertSelfAttention(const AttentionHeads& attention_heads, int64_t hidden,
                                     torch::Device device)
    : heads(attention_heads) {
  qkv = register_module("qkv", std::make_shared<LinearModule>(heads.qkv_size(), hidden, device));
}

torch::Tensor BertSelfAttention::forward(const torch::Tensor& hidden, const LayerPass& pass) const {
  return varlen_attention(qkv->forward(hidden), pass.layout, heads, pass.attention_dropout, pass.probs_seed,
                          pass.position_bias);
}

BertResidual::BertResidual(int64_t in, const ModelConfig& config, torch::Device device) {
  const int64_t hidden = config.hidden_size;
  dense = register_module("dense", std::make_shared<LinearModule>(hidden, in, device));
  norm =
      register_module("LayerNorm", std::make_shared<LayerNormModule>(hidden, config.layer_norm_eps, device));
}

torch::Tensor BertResidual::forward(const torch::Tensor& x, const torch::Tensor& residual,
                                    double dropout_rate, const DropoutSeed& seed) const {
  return norm->add_and_norm(dense->forward(x), residual, dropout_rate, seed);
}

BertAttention::BertAttention(const AttentionHeads& heads, const ModelConfig& config, torch::Device device) {
  self = register_module("self", std::make_shared<BertSelfAttention>(heads, config.hidden_size, device));
  output = register_module("output", std::make_shared<BertResidual>(heads.context_size(), config, device));
}

torch::Tensor BertAttention::forward(const torch::Tensor& hidden, const LayerPass& pass) const {
  auto context = self->forward(hidden, pass);  // [tokens, context_size]
  auto residual = hidden;
  if (pass.tokens.defined()) {
    context = context.index_select(0, pass.tokens);
    residual = hidden.index_select(0, pass.tokens);
  }
  return output->forward(context, residual, pass.hidden_dropout, pass.attention_seed);
}

BertDense::BertDense(int64_t out, int64_t in, Activation function, torch::Device device)
    : activation(function) {
  dense = register_module("dense", std::make_shared<LinearModule>(out, in, device));
}

torch::Tensor BertDense::forward(const torch::Tensor& x) const {
  auto y = dense->forward(x);
  if (activation == Activation::gelu) return rpp::gelu(y);
  return activation == Activation::tanh ? torch::tanh(y) : torch::relu(y);
}

BertLayer::BertLayer(const ModelConfig& config, int64_t index, torch::Device device) {
  const auto heads = heads_of_layer(config, index);
  const int64_t units = sizes_of_layer(config, index).intermediate_size;
  attention = register_module("attention", std::make_shared<BertAttention>(heads, config, device));
  intermediate = register_module(
      "intermediate",
      std::make_shared<BertDense>(units, config.hidden_size, BertDense::Activation::gelu, device));
  output = register_module("output", std::make_shared<BertResidual>(units, config, device));
}

torch::Tensor BertLayer::forward(const torch::Tensor& hidden, const LayerPass& pass) const {
  auto attended = attention->forward(hidden, pass);
  return output->forward(intermediate->forward(attended), attended, pass.hidden_dropout, pass.output_seed);
}

BertEncoder::BertEncoder(const ModelConfig& config, torch::Device device) {
  const auto list = register_module("layer", std::make_shared<NamedModules>());
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) {
    layers.push_back(
        list->register_module(std::to_string(i), std::make_shared<BertLayer>(config, i, device)));
  }
  if (!has_relative_positions(config)) return;
  relative_attention_bias = register_module(
      "relative_attention_bias",
      std::make_shared<EmbeddingModule>(kPositionBuckets, config.num_attention_heads, device));
}

torch::Tensor BertEncoder::position_bias(const SequenceLayout& layout) const {
  if (!relative_attention_bias) return {};
  const torch::Tensor& table = relative_attention_bias->weight;
  const int64_t length = layout.max_seqlen;
  std::vector<int64_t> buckets;  // of the distances from 1 - length on
  for (int64_t distance = 1 - length; distance < length; ++distance) {
    buckets.push_back(relative_position_bucket(distance));
  }
  const auto on_device = torch::dtype(torch::kInt64).device(table.device());
  const auto of_distances = table.index_select(0, torch::tensor(buckets, torch::kInt64).to(table.device()));
  const auto place = torch::arange(length, on_device);
  const auto distance = place.unsqueeze(0) - place.unsqueeze(1) + (length - 1);  // [query, key]
  return of_distances.index_select(0, distance.flatten())
      .view({length, length, table.size(1)})
      .permute({2, 0, 1});
}

namespace {

BertDense::Activation pooler_activation(const ModelConfig& config) {
  using enum BertDense::Activation;
  if (config.family == ModelFamily::distilbert) return relu;
  return config.family == ModelFamily::electra ? gelu : tanh;
}

}  // namespace

BertBody::BertBody(const ModelConfig& config, bool with_pooler, torch::Device device) {
  embeddings = register_module("embeddings", std::make_shared<BertEmbeddings>(config, device));
  if (embedding_dim(config) != config.hidden_size) {
    embeddings_project =
        register_module("embeddings_project",
                        std::make_shared<LinearModule>(config.hidden_size, embedding_dim(config), device));
  }
  encoder = register_module("encoder", std::make_shared<BertEncoder>(config, device));
  if (!with_pooler) return;
  pooler = register_module("pooler", std::make_shared<BertDense>(config.hidden_size, config.hidden_size,
                                                                 pooler_activation(config), device));
}

MaskedLmHead::MaskedLmHead(const ModelConfig& config, torch::Device device)
    : bias(register_parameter("bias", fp32({config.vocab_size}, 0.0, device))) {
  const int64_t size = embedding_dim(config);
  transform = register_module("transform", std::make_shared<BertDense>(size, config.hidden_size,
                                                                       BertDense::Activation::gelu, device));
  norm = transform->register_module("LayerNorm",
                                    std::make_shared<LayerNormModule>(size, config.layer_norm_eps, device));
}

torch::Tensor MaskedLmHead::forward(const torch::Tensor& masked, const torch::Tensor& word_embeddings) const {
  return linear(norm->forward(transform->forward(masked)), word_embeddings, bias, decoder_working);
}

PretrainingHeads::PretrainingHeads(const ModelConfig& config, torch::Device device) {
  predictions = register_module("predictions", std::make_shared<MaskedLmHead>(config, device));
  seq_relationship = register_module(
      "seq_relationship", std::make_shared<LinearModule>(2, config.hidden_size, device, /*in_bf16=*/false));
}

BertModule::BertModule(const ModelConfig& config, const HeadSpec& heads, torch::Device device)
    : bert(register_module("bert", std::make_shared<BertBody>(config, heads.pooler, device))) {
  const auto output = [&](const char* name, int64_t size) {
    return register_module(
        name, std::make_shared<LinearModule>(size, config.hidden_size, device, /*in_bf16=*/false));
  };
  if (heads.pretraining) cls = register_module("cls", std::make_shared<PretrainingHeads>(config, device));
  const int64_t num_labels = std::max(heads.num_labels, heads.num_token_labels);
  if (num_labels > 0) classifier = output("classifier", num_labels);
  if (heads.span) qa_outputs = output("qa_outputs", 2);
  eval();
}

}  // namespace rpp
