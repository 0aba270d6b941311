// BERT (Devlin et al. 2018) on packed batches: encoder, pooler, pre-training heads, classifier, answer spans.
//
// Post-LayerNorm encoder as in google-research/bert modeling.py. Query, key and value are one weight
// inside; the names that leave the class are Hugging Face's. Layers may differ in their sizes
// (ModelConfig::layer_sizes). All randomness is a function of the dropout seed.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bert_format/model_config.h"
#include "ops/attention.h"
#include "ops/param_spec.h"
#include "ops/sequence_layout.h"

namespace rpp {

struct BertInputs {
  torch::Tensor input_ids;       // [tokens], int64 or int32
  torch::Tensor token_type_ids;  // [tokens]
  torch::Tensor position_ids;    // [tokens], from 0 in each sequence
  SequenceLayout layout;
};

struct ForwardOptions {
  bool training = false;  // dropout on; it is on too while the module is in training mode
  uint64_t dropout_seed = 0;
  torch::Tensor dropout_seeds;  // where defined: what is read instead, of dropout_seeds(dropout_seed)
  bool activation_checkpointing = false;  // where gradients are recorded, keep only what enters a layer
};

// The seed of every place where a pass drops: [(num_hidden_layers + 1) * places]. A tensor of them, int64 on
// the model's device, lets a CUDA graph drop anew at each replay (ops/dropout_seed.h).
std::vector<uint64_t> dropout_seeds(uint64_t dropout_seed, int64_t num_hidden_layers);

// Each sequence's first token: [sequences] int64.
torch::Tensor first_tokens(const SequenceLayout& layout);

// Which heads the model has. The pre-training head and the classifier need the pooler.
struct HeadSpec {
  bool pretraining = false;  // masked LM and next sentence
  int64_t num_labels = 0;    // classifier when > 0
  bool pooler = true;
  bool span = false;  // answers to questions
};

// A parameter, or the rows of one that are a tensor of their own outside. Shares memory with the model.
struct NamedWeight {
  std::string name;  // Hugging Face name with the "bert." prefix
  torch::Tensor tensor;
};

class BertModule;  // bert_modules.h

// Neither copied nor moved: ParamSpec::working points into it.
class Bert {
 public:
  // Parameters are fp32 leaves, zero (LayerNorm weights one) until initialize() or load_weights(). Throws
  // Error when hidden_size is no multiple of num_attention_heads or a head lacks the pooler.
  Bert(const ModelConfig& config, const HeadSpec& heads, torch::Device device = torch::kCPU);
  Bert(const Bert&) = delete;
  Bert& operator=(const Bert&) = delete;

  // [tokens, hidden], the last layer's output.
  torch::Tensor encode(const BertInputs& inputs, const ForwardOptions& options = {}) const;
  // The same of these tokens alone, which may repeat: [tokens asked for, hidden]. Behind its attention the
  // last layer computes no others, which saves most of a layer where few are asked for; dropout there draws
  // by their order in `tokens`, int64 on the model's device.
  torch::Tensor encode_at(const BertInputs& inputs, const torch::Tensor& tokens,
                          const ForwardOptions& options = {}) const;
  // tanh(W h + b) of each sequence's first token: [sequences, hidden], as is what is given.
  torch::Tensor pool(const torch::Tensor& first) const;
  // [predictions, hidden] to [predictions, vocab]. The decoder is the word embedding.
  torch::Tensor mlm_logits(const torch::Tensor& masked) const;
  // [sequences, 2]; class 0 = is next.
  torch::Tensor nsp_logits(const torch::Tensor& pooled) const;
  // Dropout, then the classifier: [sequences, num_labels].
  torch::Tensor classify(const torch::Tensor& pooled, const ForwardOptions& options = {}) const;

  // Each token as the beginning and as the end of an answer: [tokens, 2].
  torch::Tensor span_logits(const torch::Tensor& hidden) const;

  // Every parameter once. Prunable: the six encoder matrices of each layer; decayed: other matrices;
  // undecayed: biases and LayerNorm. The pointers stay valid as long as the model.
  std::vector<ParamSpec> param_specs();
  // Every parameter under its outside name; query, key and value as three row views. The tied decoder is not
  // listed.
  std::vector<NamedWeight> named_weights() const;

  // The same weights as a torch::nn::Module, for parameters(), to(device), train(), torch::save. After
  // FlatParams has taken the parameters, to(device) would take them away from it.
  const std::shared_ptr<BertModule>& module() const { return module_; }

  const ModelConfig& config() const { return config_; }
  const HeadSpec& heads() const { return heads_; }
  torch::Device device() const;

 private:
  torch::Tensor encode_layer(int64_t layer, const torch::Tensor& hidden, const SequenceLayout& layout,
                             const ForwardOptions& options, const torch::Tensor& tokens) const;
  double rate(double dropout_prob, const ForwardOptions& options) const;

  ModelConfig config_;
  HeadSpec heads_;
  std::shared_ptr<BertModule> module_;
};

}  // namespace rpp
