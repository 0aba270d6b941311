// BERT (Devlin et al. 2018) on packed batches: encoder, pooler, pre-training heads, classifier of texts or of
// tokens, answer spans.
//
// Post-LayerNorm encoder as in google-research/bert modeling.py. Query, key and value are one weight
// internally; the public names are Hugging Face's. Layers may differ in size (ModelConfig::layer_sizes). All
// randomness is a function of the dropout seed.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bert_format/model_config.h"
#include "ops/attention.h"
#include "ops/sequence_layout.h"
#include "rpp/param_spec.h"

namespace rpp {

struct BertInputs {
  torch::Tensor input_ids;       // [tokens], int64 or int32
  torch::Tensor token_type_ids;  // [tokens]
  torch::Tensor position_ids;    // [tokens], from 0 in each sequence
  SequenceLayout layout;
};

struct ForwardOptions {
  bool training = false;  // enables dropout; also enabled while the module is in training mode
  uint64_t dropout_seed = 0;
  torch::Tensor dropout_seeds;  // if defined, used instead; the result of dropout_seeds(dropout_seed)
  bool activation_checkpointing = false;  // store only layer inputs; recompute the rest in the backward pass
};

// The seed of every dropout site of a pass: [(num_hidden_layers + 1) * sites]. As an int64 tensor on the
// model's device it lets a CUDA graph draw new masks at each replay (ops/dropout_seed.h).
std::vector<uint64_t> dropout_seeds(uint64_t dropout_seed, int64_t num_hidden_layers);

// Index of each sequence's first token: [sequences] int64.
torch::Tensor first_tokens(const SequenceLayout& layout);

// Which heads the model has. The pre-training head and the classifier need the pooler.
struct HeadSpec {
  bool pretraining = false;  // masked LM and next sentence
  int64_t num_labels = 0;    // classifier when > 0
  bool pooler = true;
  bool span = false;  // answers to questions
  int64_t num_token_labels =
      0;  // classifier of tokens when > 0, which needs no pooler; not beside num_labels
};

// A parameter, or the rows of one that form a separate tensor in files. Shares memory with the model.
struct NamedWeight {
  std::string name;  // Hugging Face name with the "bert." prefix
  torch::Tensor tensor;
};

class BertModule;  // bert_modules.h

// Neither copyable nor movable: ParamSpec::working points into it.
class Bert {
 public:
  // Parameters are fp32 leaves, zero (LayerNorm weights one) until initialize() or load_weights(). Throws
  // Error when hidden_size is not a multiple of num_attention_heads or a head needs a missing pooler.
  Bert(const ModelConfig& config, const HeadSpec& heads, torch::Device device = torch::kCPU);
  Bert(const Bert&) = delete;
  Bert& operator=(const Bert&) = delete;

  // [tokens, hidden], the last layer's output.
  torch::Tensor encode(const BertInputs& inputs, const ForwardOptions& options = {}) const;
  // The same for the given tokens only, which may repeat: [number of tokens, hidden]. After its attention the
  // last layer computes only these, which saves most of a layer if they are few; its dropout masks follow
  // their order in `tokens`, int64 on the model's device.
  torch::Tensor encode_at(const BertInputs& inputs, const torch::Tensor& tokens,
                          const ForwardOptions& options = {}) const;
  // The output of every layer, the last one's at the end: [num_hidden_layers] of [tokens, hidden].
  std::vector<torch::Tensor> encode_layers(const BertInputs& inputs,
                                           const ForwardOptions& options = {}) const;
  // tanh(W h + b) of each sequence's first token: [sequences, hidden] to the same shape. In DistilBERT ReLU
  // is in the place of tanh, in ELECTRA GELU.
  torch::Tensor pool(const torch::Tensor& first) const;
  // [predictions, hidden] to [predictions, vocab]. The decoder is the word embedding matrix.
  torch::Tensor mlm_logits(const torch::Tensor& masked) const;
  // [sequences, 2]; class 0 = is next.
  torch::Tensor nsp_logits(const torch::Tensor& pooled) const;
  // Dropout, then the classifier. Of texts: from pooled outputs to [sequences, num_labels]; of tokens: from
  // hidden states to [tokens, num_token_labels].
  torch::Tensor classify(const torch::Tensor& rows, const ForwardOptions& options = {}) const;

  // The logits of each token as start and end of an answer: [tokens, 2].
  torch::Tensor span_logits(const torch::Tensor& hidden) const;

  // Every parameter once. Prunable: the six encoder matrices of each layer; decayed: other matrices;
  // undecayed: biases and LayerNorm. The pointers are valid during the model's lifetime.
  std::vector<ParamSpec> param_specs();
  // Every parameter under its public name; query, key and value as three row views. The tied decoder is not
  // listed.
  std::vector<NamedWeight> named_weights() const;

  // The same weights as a torch::nn::Module, for parameters(), to(device), train(), torch::save. After
  // FlatParams has taken over the parameters, to(device) would detach them from it.
  const std::shared_ptr<BertModule>& module() const { return module_; }

  const ModelConfig& config() const { return config_; }
  const HeadSpec& heads() const { return heads_; }
  torch::Device device() const;

 private:
  // Calls each(output) after every layer; only the last computes `tokens` alone, if they are defined. Returns
  // the last output: that of the embeddings in a model without layers.
  torch::Tensor run_layers(const BertInputs& inputs, const torch::Tensor& tokens,
                           const ForwardOptions& options,
                           const std::function<void(const torch::Tensor& output)>& each) const;
  torch::Tensor encode_layer(int64_t layer, const torch::Tensor& hidden, const SequenceLayout& layout,
                             const ForwardOptions& options, const torch::Tensor& tokens) const;
  double rate(double dropout_prob, const ForwardOptions& options) const;

  ModelConfig config_;
  HeadSpec heads_;
  std::shared_ptr<BertModule> module_;
};

}  // namespace rpp
