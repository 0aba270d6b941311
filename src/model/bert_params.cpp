// The groups of BERT's parameters, by their registered names.
#include <fmt/format.h>

#include <array>
#include <map>

#include "bert_format/tensor_names.h"
#include "model/bert.h"
#include "model/bert_modules.h"
#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp {
namespace {

constexpr std::array kQkvNames = {"query", "key", "value"};
constexpr std::string_view kQkv = "self.qkv.";

std::array<int64_t, 3> qkv_rows(const AttentionHeads& heads) {
  return {heads.query_size(), heads.query_size(), heads.context_size()};
}

// "...self.qkv.weight" renamed to one of its three parts.
std::string name_of_part(std::string name, const char* part) {
  return name.replace(name.find(kQkv) + 5, 3, part);
}

ParamGroup group_of(std::string_view name) {
  if (is_bias(name) || is_norm_weight(name)) return ParamGroup::undecayed;
  return layer_of(name) ? ParamGroup::prunable : ParamGroup::decayed;
}

// 0: a head; 1: the top layer, and so on down to the embeddings.
int64_t depth_of(std::string_view name, int64_t num_layers) {
  if (part_of(name) == ModelPart::embeddings) return num_layers + 1;
  const auto layer = layer_of(name);
  return layer ? num_layers - *layer : 0;
}

const AttentionHeads& heads_of_layer(const BertModule& module, int64_t layer) {
  return module.bert->encoder->layers[static_cast<size_t>(layer)]->attention->self->heads;
}

std::vector<MatrixSlice> matrices_of(const std::string& name, const torch::Tensor& weight,
                                     const BertModule& module) {
  const int64_t cols = weight.size(1);
  if (name.find(kQkv) == std::string::npos) {
    return {{.name = name, .first_row = 0, .rows = weight.size(0), .cols = cols}};
  }
  std::vector<MatrixSlice> slices;
  int64_t first_row = 0;
  for (size_t i = 0; i < kQkvNames.size(); ++i) {
    const int64_t rows = qkv_rows(heads_of_layer(module, *layer_of(name)))[i];
    slices.push_back(
        {.name = name_of_part(name, kQkvNames[i]), .first_row = first_row, .rows = rows, .cols = cols});
    first_row += rows;
  }
  return slices;
}

// For each weight used in bf16, the location of its bf16 copy.
std::map<std::string, torch::Tensor*> working_copies(BertModule& module) {
  std::map<std::string, torch::Tensor*> copies;
  for (const auto& item : module.named_modules("", /*include_self=*/false)) {
    auto* linear = dynamic_cast<LinearModule*>(item.value().get());
    if (linear != nullptr && linear->computes_in_bf16) copies[weight_of(item.key())] = &linear->working;
  }
  if (module.cls) {
    copies[std::string(kWordEmbeddings)] = &module.cls->predictions->decoder_working;
  }
  return copies;
}

}  // namespace

std::vector<ParamSpec> Bert::param_specs() {
  const auto copies = working_copies(*module_);
  std::vector<ParamSpec> specs;
  for (const auto& item : module_->named_parameters()) {
    const std::string& name = item.key();
    ParamSpec spec{.name = name,
                   .param = item.value(),
                   .group = group_of(name),
                   .depth = depth_of(name, config_.num_hidden_layers)};
    if (spec.group == ParamGroup::prunable) spec.matrices = matrices_of(name, spec.param, *module_);
    if (const auto copy = copies.find(name); copy != copies.end()) spec.working = copy->second;
    specs.push_back(std::move(spec));
  }
  return specs;
}

std::vector<NamedWeight> Bert::named_weights() const {
  std::vector<NamedWeight> named;
  for (const auto& item : module_->named_parameters()) {
    const std::string& name = item.key();
    const auto weight = item.value().detach();
    if (name.find(kQkv) == std::string::npos) {
      named.push_back({name, weight});
      continue;
    }
    const auto parts = weight.split_with_sizes(qkv_rows(heads_of_layer(*module_, *layer_of(name))), 0);
    for (size_t i = 0; i < kQkvNames.size(); ++i) {
      named.push_back({name_of_part(name, kQkvNames[i]), parts[i]});
    }
  }
  return named;
}

}  // namespace rpp
