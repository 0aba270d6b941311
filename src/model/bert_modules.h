// BERT as LibTorch modules: each registers its parts under transformers' short names, so that
// BertModule::named_parameters() has the names of a Hugging Face file
// ("bert.encoder.layer.0.output.dense.weight"). One exception: query, key and value are one parameter,
// "attention.self.qkv", with the rows of the three concatenated (Bert::named_weights() splits them). The tied
// decoder is not registered.
//
// Modules start in eval mode; train() enables dropout in every pass, ForwardOptions::training in one.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "bert_format/model_config.h"
#include "model/bert.h"

namespace rpp {

// y = x W^T + b.
class LinearModule : public torch::nn::Module {
 public:
  // Initialised to zero. `computes_in_bf16`: uses the bf16 copy of the weights if the optimizer keeps one.
  LinearModule(int64_t out, int64_t in, torch::Device device, bool computes_in_bf16 = true);
  torch::Tensor forward(const torch::Tensor& x) const;  // [rows, in] to [rows, out]

  torch::Tensor weight;   // [out, in]
  torch::Tensor bias;     // [out]
  torch::Tensor working;  // [out, in] bf16, or undefined; not a parameter
  const bool computes_in_bf16;
};

class LayerNormModule : public torch::nn::Module {
 public:
  LayerNormModule(int64_t size, double epsilon, torch::Device device);  // weight one, bias zero
  torch::Tensor forward(const torch::Tensor& x) const;
  // LayerNorm(dropout(x) + residual) in one pass.
  torch::Tensor add_and_norm(const torch::Tensor& x, const torch::Tensor& residual, double dropout_rate,
                             const DropoutSeed& seed) const;

  torch::Tensor weight, bias;  // [size]
  const double epsilon;
};

class EmbeddingModule : public torch::nn::Module {
 public:
  EmbeddingModule(int64_t rows, int64_t cols, torch::Device device);  // zeros
  torch::Tensor weight;                                               // [rows, cols]
};

class BertEmbeddings : public torch::nn::Module {
 public:
  BertEmbeddings(const ModelConfig& config, torch::Device device);
  torch::Tensor forward(const BertInputs& inputs, double dropout_rate, const DropoutSeed& seed) const;

  // [tokens], of the position embeddings.
  torch::Tensor position_rows(const BertInputs& inputs) const;

  const int64_t first_position;  // bert_format/model_config.h
  std::shared_ptr<EmbeddingModule> word_embeddings, position_embeddings;
  std::shared_ptr<EmbeddingModule> token_type_embeddings;  // null if absent
  torch::Tensor no_token_types;                            // [types, embedding] zeros, in its place
  std::shared_ptr<LayerNormModule> norm;
};

// The inputs of a layer besides its hidden states.
struct LayerPass {
  const SequenceLayout& layout;
  torch::Tensor tokens = {};  // compute only these after the attention; undefined: all
  // [heads, max_seqlen, max_seqlen], for scores that depend on distances; undefined: they do not.
  torch::Tensor position_bias = {};
  double attention_dropout = 0.0, hidden_dropout = 0.0;
  DropoutSeed probs_seed, attention_seed, output_seed;
};

class BertSelfAttention : public torch::nn::Module {
 public:
  BertSelfAttention(const AttentionHeads& heads, int64_t hidden, torch::Device device);
  torch::Tensor forward(const torch::Tensor& hidden, const LayerPass& pass) const;  // [tokens, context_size]

  const AttentionHeads heads;
  std::shared_ptr<LinearModule> qkv;  // [qkv_size, hidden]: rows of query, key, value
};

// Dense, dropout, residual, LayerNorm: after the attention and at the end of a layer.
class BertResidual : public torch::nn::Module {
 public:
  BertResidual(int64_t in, const ModelConfig& config, torch::Device device);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& residual, double dropout_rate,
                        const DropoutSeed& seed) const;

  std::shared_ptr<LinearModule> dense;
  std::shared_ptr<LayerNormModule> norm;
};

class BertAttention : public torch::nn::Module {
 public:
  BertAttention(const AttentionHeads& heads, const ModelConfig& config, torch::Device device);
  torch::Tensor forward(const torch::Tensor& hidden, const LayerPass& pass) const;

  std::shared_ptr<BertSelfAttention> self;
  std::shared_ptr<BertResidual> output;
};

// A dense layer under the name "dense", with an activation.
class BertDense : public torch::nn::Module {
 public:
  enum class Activation { gelu, tanh, relu };
  BertDense(int64_t out, int64_t in, Activation activation, torch::Device device);
  torch::Tensor forward(const torch::Tensor& x) const;

  const Activation activation;
  std::shared_ptr<LinearModule> dense;
};

class BertLayer : public torch::nn::Module {
 public:
  BertLayer(const ModelConfig& config, int64_t index, torch::Device device);
  torch::Tensor forward(const torch::Tensor& hidden, const LayerPass& pass) const;

  std::shared_ptr<BertAttention> attention;
  std::shared_ptr<BertDense> intermediate;
  std::shared_ptr<BertResidual> output;
};

class BertEncoder : public torch::nn::Module {
 public:
  BertEncoder(const ModelConfig& config, torch::Device device);
  // LayerPass::position_bias.
  torch::Tensor position_bias(const SequenceLayout& layout) const;

  std::vector<std::shared_ptr<BertLayer>> layers;            // registered as "layer.0" and so on
  std::shared_ptr<EmbeddingModule> relative_attention_bias;  // [buckets, heads]; null if absent
};

// The encoder, under "bert": shared by all heads.
class BertBody : public torch::nn::Module {
 public:
  BertBody(const ModelConfig& config, bool with_pooler, torch::Device device);

  std::shared_ptr<BertEmbeddings> embeddings;
  std::shared_ptr<LinearModule> embeddings_project;  // null: the embeddings have the hidden size
  std::shared_ptr<BertEncoder> encoder;
  std::shared_ptr<BertDense> pooler;  // null if absent
};

// Masked LM, under "cls.predictions"; its decoder is the word embedding matrix.
class MaskedLmHead : public torch::nn::Module {
 public:
  MaskedLmHead(const ModelConfig& config, torch::Device device);
  torch::Tensor forward(const torch::Tensor& masked, const torch::Tensor& word_embeddings) const;

  torch::Tensor bias;             // [vocab]
  torch::Tensor decoder_working;  // [vocab, embedding] bf16, or undefined; not a parameter
  std::shared_ptr<BertDense> transform;
  std::shared_ptr<LayerNormModule> norm;
};

// Under "cls".
class PretrainingHeads : public torch::nn::Module {
 public:
  PretrainingHeads(const ModelConfig& config, torch::Device device);
  std::shared_ptr<MaskedLmHead> predictions;
  std::shared_ptr<LinearModule> seq_relationship;
};

// The whole model; absent heads are null.
class BertModule : public torch::nn::Module {
 public:
  BertModule(const ModelConfig& config, const HeadSpec& heads, torch::Device device);

  std::shared_ptr<BertBody> bert;
  std::shared_ptr<PretrainingHeads> cls;
  std::shared_ptr<LinearModule> classifier, qa_outputs;
};

}  // namespace rpp
