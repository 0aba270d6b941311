// The names and groups of BERT's parameters.
#include <fmt/format.h>

#include <array>

#include "rpp/model/bert.h"
#include "rpp/ops/torch.h"

namespace rpp {
namespace {

constexpr std::array kQkvNames = {"query", "key", "value"};

std::array<int64_t, 3> qkv_rows(const AttentionHeads& heads) {
  return {heads.query_size(), heads.query_size(), heads.context_size()};
}

std::string layer_name(int64_t layer, std::string_view part) {
  return fmt::format("bert.encoder.layer.{}.{}", layer, part);
}

class SpecList {
 public:
  std::vector<ParamSpec> take() { return std::move(specs_); }

  // Of what is added from here on.
  void set_depth(int64_t depth) { depth_ = depth; }

  void add(std::string name, const torch::Tensor& param, ParamGroup group, torch::Tensor* working = nullptr,
           std::vector<MatrixSlice> matrices = {}) {
    specs_.push_back({.name = std::move(name),
                      .param = param,
                      .group = group,
                      .depth = depth_,
                      .matrices = std::move(matrices),
                      .working = working});
  }
  void add_norm(const std::string& name, const LayerNormWeights& norm) {
    add(name + ".weight", norm.weight, ParamGroup::undecayed);
    add(name + ".bias", norm.bias, ParamGroup::undecayed);
  }
  void add_prunable(const std::string& name, LinearWeights& linear) {
    const auto& weight = linear.weight;
    add(name + ".weight", weight, ParamGroup::prunable, &linear.working,
        {{.name = name + ".weight", .first_row = 0, .rows = weight.size(0), .cols = weight.size(1)}});
    add(name + ".bias", linear.bias, ParamGroup::undecayed);
  }
  // `working` null: this matrix stays fp32.
  void add_decayed(const std::string& name, LinearWeights& linear, torch::Tensor* working) {
    add(name + ".weight", linear.weight, ParamGroup::decayed, working);
    add(name + ".bias", linear.bias, ParamGroup::undecayed);
  }
  void add_qkv(int64_t layer, const AttentionHeads& heads, LinearWeights& qkv) {
    std::vector<MatrixSlice> matrices;
    int64_t first_row = 0;
    for (size_t i = 0; i < kQkvNames.size(); ++i) {
      const auto name = layer_name(layer, fmt::format("attention.self.{}.weight", kQkvNames[i]));
      const int64_t rows = qkv_rows(heads)[i];
      matrices.push_back({.name = name, .first_row = first_row, .rows = rows, .cols = qkv.weight.size(1)});
      first_row += rows;
    }
    add(layer_name(layer, "attention.self.qkv.weight"), qkv.weight, ParamGroup::prunable, &qkv.working,
        std::move(matrices));
    add(layer_name(layer, "attention.self.qkv.bias"), qkv.bias, ParamGroup::undecayed);
  }
  void add_layer(int64_t i, EncoderLayerWeights& layer) {
    add_qkv(i, layer.heads, layer.qkv);
    add_prunable(layer_name(i, "attention.output.dense"), layer.attention_output);
    add_norm(layer_name(i, "attention.output.LayerNorm"), layer.attention_norm);
    add_prunable(layer_name(i, "intermediate.dense"), layer.intermediate);
    add_prunable(layer_name(i, "output.dense"), layer.output);
    add_norm(layer_name(i, "output.LayerNorm"), layer.output_norm);
  }

 private:
  std::vector<ParamSpec> specs_;
  int64_t depth_ = 0;
};

}  // namespace

std::vector<ParamSpec> Bert::param_specs() {
  SpecList specs;
  const auto num_layers = static_cast<int64_t>(layers_.size());
  specs.set_depth(num_layers + 1);
  specs.add("bert.embeddings.word_embeddings.weight", word_embeddings_, ParamGroup::decayed,
            heads_.pretraining ? &decoder_working_ : nullptr);
  specs.add("bert.embeddings.position_embeddings.weight", position_embeddings_, ParamGroup::decayed);
  specs.add("bert.embeddings.token_type_embeddings.weight", token_type_embeddings_, ParamGroup::decayed);
  specs.add_norm("bert.embeddings.LayerNorm", embedding_norm_);
  for (int64_t i = 0; i < num_layers; ++i) {
    specs.set_depth(num_layers - i);
    specs.add_layer(i, layers_[static_cast<size_t>(i)]);
  }
  specs.set_depth(0);
  if (heads_.pooler) specs.add_decayed("bert.pooler.dense", pooler_, &pooler_.working);
  if (heads_.pretraining) {
    specs.add("cls.predictions.bias", mlm_bias_, ParamGroup::undecayed);
    specs.add_decayed("cls.predictions.transform.dense", mlm_transform_, &mlm_transform_.working);
    specs.add_norm("cls.predictions.transform.LayerNorm", mlm_norm_);
    specs.add_decayed("cls.seq_relationship", nsp_, nullptr);
  }
  if (heads_.num_labels > 0) specs.add_decayed("classifier", classifier_, nullptr);
  if (heads_.span) specs.add_decayed("qa_outputs", span_, nullptr);
  return specs.take();
}

std::vector<NamedWeight> Bert::named_weights() const {
  std::vector<NamedWeight> named;
  // param_specs() is not const only because it hands out pointers to the working copies, which are not used
  // here.
  for (auto& spec : const_cast<Bert*>(this)->param_specs()) {
    const auto qkv = spec.name.find("self.qkv.");
    if (qkv == std::string::npos) {
      named.push_back({std::move(spec.name), spec.param.detach()});
      continue;
    }
    const auto& layer = layers_[layers_.size() - static_cast<size_t>(spec.depth)];
    const auto parts = spec.param.detach().split_with_sizes(qkv_rows(layer.heads), 0);
    for (size_t i = 0; i < kQkvNames.size(); ++i) {
      auto name = spec.name;
      named.push_back({name.replace(qkv + 5, 3, kQkvNames[i]), parts[i]});
    }
  }
  return named;
}

}  // namespace rpp
