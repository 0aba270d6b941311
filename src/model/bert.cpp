// The forward pass of the whole model, and the seeds of its dropout masks.
#include "model/bert.h"
#include "bert_format/model_config.h"

#include "core/rng.h"
#include "core/stop_signal.h"
#include "model/bert_modules.h"
#include "ops/dropout.h"
#include "ops/torch.h"
#include "recompute.h"
#include "rpp/error.h"

namespace rpp {
namespace {

// The dropout sites; a mask depends on (dropout_seed, layer, site).
enum class Site { embedding, attention_probs, attention_output, output, classifier };

constexpr int64_t kNumSites = 5;
constexpr int64_t kNoLayer = -1;

DropoutSeed site_seed(const ForwardOptions& options, int64_t layer, Site site) {
  const auto index = static_cast<int64_t>(site);
  if (!options.dropout_seeds.defined()) return mix_key(options.dropout_seed, layer, index);
  return DropoutSeed(options.dropout_seeds[(layer - kNoLayer) * kNumSites + index]);
}

void check_shape(const ModelConfig& config, const HeadSpec& heads) {
  RPP_CHECK(config.hidden_size % config.num_attention_heads == 0,
            "hidden_size {} is not a multiple of num_attention_heads {}: change one of them",
            config.hidden_size, config.num_attention_heads);
  RPP_CHECK(heads.pooler || (!heads.pretraining && heads.num_labels == 0),
            "the pre-training head and the classifier need the pooler: set HeadSpec::pooler");
  RPP_CHECK(heads.num_labels == 0 || heads.num_token_labels == 0,
            "a model has a classifier of texts or one of tokens: set num_labels or num_token_labels to 0");
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
  module_ = std::make_shared<BertModule>(config, heads, device);
}

torch::Device Bert::device() const {
  return module_->bert->embeddings->word_embeddings->weight.device();
}

double Bert::rate(double dropout_prob, const ForwardOptions& options) const {
  return options.training || module_->is_training() ? dropout_prob : 0.0;
}

torch::Tensor Bert::encode_layer(int64_t index, const torch::Tensor& hidden, const SequenceLayout& layout,
                                 const ForwardOptions& options, const torch::Tensor& tokens) const {
  return module_->bert->encoder->layers[static_cast<size_t>(index)]->forward(
      hidden, {.layout = layout,
               .tokens = tokens,
               .position_bias = module_->bert->encoder->position_bias(layout),
               .attention_dropout = rate(config_.attention_probs_dropout_prob, options),
               .hidden_dropout = rate(config_.hidden_dropout_prob, options),
               .probs_seed = site_seed(options, index, Site::attention_probs),
               .attention_seed = site_seed(options, index, Site::attention_output),
               .output_seed = site_seed(options, index, Site::output)});
}

torch::Tensor Bert::encode(const BertInputs& inputs, const ForwardOptions& options) const {
  return encode_at(inputs, {}, options);
}

torch::Tensor Bert::encode_at(const BertInputs& inputs, const torch::Tensor& tokens,
                              const ForwardOptions& options) const {
  return run_layers(inputs, tokens, options, [](const torch::Tensor&) {});
}

std::vector<torch::Tensor> Bert::encode_layers(const BertInputs& inputs,
                                               const ForwardOptions& options) const {
  std::vector<torch::Tensor> outputs;
  run_layers(inputs, {}, options, [&](const torch::Tensor& output) { outputs.push_back(output); });
  return outputs;
}

torch::Tensor Bert::run_layers(const BertInputs& inputs, const torch::Tensor& tokens,
                               const ForwardOptions& options,
                               const std::function<void(const torch::Tensor& output)>& each) const {
  auto hidden = module_->bert->embeddings->forward(inputs, rate(config_.hidden_dropout_prob, options),
                                                   site_seed(options, kNoLayer, Site::embedding));
  if (module_->bert->embeddings_project) hidden = module_->bert->embeddings_project->forward(hidden);
  const int64_t last = config_.num_hidden_layers - 1;
  for (int64_t i = 0; i <= last; ++i) {
    check_stop();  // a batch of an evaluation may take long
    const auto encode = [=, this, layout = inputs.layout, asked = i == last ? tokens : torch::Tensor()](
                            const torch::Tensor& x) { return encode_layer(i, x, layout, options, asked); };
    hidden = options.activation_checkpointing && hidden.requires_grad()
                 ? recompute_in_backward(hidden, encode)
                 : encode(hidden);
    each(hidden);
  }
  return hidden;
}

torch::Tensor Bert::pool(const torch::Tensor& first) const {
  return module_->bert->pooler->forward(first);
}

torch::Tensor Bert::mlm_logits(const torch::Tensor& masked) const {
  return module_->cls->predictions->forward(masked, module_->bert->embeddings->word_embeddings->weight);
}

torch::Tensor Bert::nsp_logits(const torch::Tensor& pooled) const {
  return module_->cls->seq_relationship->forward(pooled);
}

torch::Tensor Bert::classify(const torch::Tensor& rows, const ForwardOptions& options) const {
  auto dropped = dropout(rows, rate(config_.hidden_dropout_prob, options),
                         site_seed(options, kNoLayer, Site::classifier));
  return module_->classifier->forward(dropped);
}

torch::Tensor Bert::span_logits(const torch::Tensor& hidden) const {
  return module_->qa_outputs->forward(hidden);
}

}  // namespace rpp
