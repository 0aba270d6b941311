#include "family_names.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "bert_format/tensor_names.h"

namespace rpp {
namespace {

struct Renamed {
  std::string_view own, bert;  // prefixes
};

constexpr std::string_view kBertBody = "bert.", kPoolerPrefix = "bert.pooler.dense.",
                           kClassifierPrefix = "classifier.";

// Of these the first that fits counts, in both directions.
constexpr Renamed kRobertaHeads[] = {{"lm_head.dense.", "cls.predictions.transform.dense."},
                                     {"lm_head.layer_norm.", "cls.predictions.transform.LayerNorm."},
                                     {"lm_head.decoder.", "cls.predictions.decoder."},
                                     {"lm_head.bias", "cls.predictions.bias"},
                                     {"classifier.dense.", kPoolerPrefix},
                                     {"classifier.out_proj.", kClassifierPrefix}};
constexpr Renamed kElectraHeads[] = {
    {"generator_predictions.dense.", "cls.predictions.transform.dense."},
    {"generator_predictions.LayerNorm.", "cls.predictions.transform.LayerNorm."},
    {"generator_lm_head.bias", "cls.predictions.bias"},
    {"generator_lm_head.", "cls.predictions.decoder."},
    {"classifier.dense.", kPoolerPrefix},
    {"classifier.out_proj.", kClassifierPrefix}};
constexpr Renamed kDistilBertHeads[] = {{"vocab_transform.", "cls.predictions.transform.dense."},
                                        {"vocab_layer_norm.", "cls.predictions.transform.LayerNorm."},
                                        {"vocab_projector.bias", "cls.predictions.bias"},
                                        {"vocab_projector.", "cls.predictions.decoder."},
                                        {"pre_classifier.", kPoolerPrefix}};
constexpr Renamed kRobertaBody[] = {{"roberta.", kBertBody}};
constexpr Renamed kElectraBody[] = {{"electra.", kBertBody}};
constexpr Renamed kMpnetBody[] = {{"mpnet.", kBertBody}};
constexpr Renamed kDistilBertBody[] = {{"distilbert.transformer.", "bert.encoder."},
                                       {"distilbert.", kBertBody},
                                       {"transformer.", "bert.encoder."}};  // a model without a head
// Behind "layer.3.".
constexpr Renamed kDistilBertLayer[] = {{"attention.q_lin.", "attention.self.query."},
                                        {"attention.k_lin.", "attention.self.key."},
                                        {"attention.v_lin.", "attention.self.value."},
                                        {"attention.out_lin.", "attention.output.dense."},
                                        {"sa_layer_norm.", "attention.output.LayerNorm."},
                                        {"ffn.lin1.", "intermediate.dense."},
                                        {"ffn.lin2.", "output.dense."},
                                        {"output_layer_norm.", "output.LayerNorm."}};
constexpr Renamed kMpnetLayer[] = {{"attention.attn.q.", "attention.self.query."},
                                   {"attention.attn.k.", "attention.self.key."},
                                   {"attention.attn.v.", "attention.self.value."},
                                   {"attention.attn.o.", "attention.output.dense."},
                                   {"attention.LayerNorm.", "attention.output.LayerNorm."}};

struct Spelling {
  ModelFamily family;
  std::span<const Renamed> heads, body, layer = {};
  bool has_pooler = true;  // without a classifier
};

constexpr Spelling kSpellings[] = {
    {ModelFamily::roberta, kRobertaHeads, kRobertaBody},
    {ModelFamily::xlm_roberta, kRobertaHeads, kRobertaBody},
    {ModelFamily::camembert, kRobertaHeads, kRobertaBody},
    {ModelFamily::distilbert, kDistilBertHeads, kDistilBertBody, kDistilBertLayer, false},
    {ModelFamily::electra, kElectraHeads, kElectraBody, {}, false},
    {ModelFamily::mpnet, kRobertaHeads, kMpnetBody, kMpnetLayer}};

void to_bert(std::string& name, std::span<const Renamed> table) {
  for (const auto& [own, bert] : table) {
    if (!name.starts_with(own)) continue;
    name.replace(0, own.size(), bert);
    return;
  }
}

void from_bert(std::string& name, std::span<const Renamed> table, bool has_classifier = false) {
  for (const auto& [own, bert] : table) {
    if ((bert == kPoolerPrefix || bert == kClassifierPrefix) && !has_classifier) continue;
    if (!name.starts_with(bert)) continue;
    name.replace(0, bert.size(), own);
    return;
  }
}

// Cuts a name of BERT's encoder behind its "layer.3."; the end for other names.
size_t end_of_layer(std::string_view name) {
  constexpr std::string_view kLayer = "bert.encoder.layer.";
  const size_t dot = name.starts_with(kLayer) ? name.find('.', kLayer.size()) : name.npos;
  return dot == name.npos ? name.size() : dot + 1;
}

}  // namespace

std::string name_in_bert(std::string_view name) {
  std::string renamed(name);
  for (const Spelling& spelling : kSpellings) {
    to_bert(renamed, spelling.heads);
    to_bert(renamed, spelling.body);
  }
  const size_t cut = end_of_layer(renamed);
  std::string part = renamed.substr(cut);
  for (const Spelling& spelling : kSpellings) to_bert(part, spelling.layer);
  return renamed.substr(0, cut) + part;
}

std::optional<std::string> name_in_family(std::string_view canonical, ModelFamily family,
                                          bool has_classifier) {
  const auto* const spelling = std::ranges::find(kSpellings, family, &Spelling::family);
  if (spelling == std::end(kSpellings)) return std::string(canonical);
  if (part_of(canonical) == ModelPart::next_sentence) return std::nullopt;
  if (part_of(canonical) == ModelPart::pooler && !spelling->has_pooler && !has_classifier)
    return std::nullopt;
  const size_t cut = end_of_layer(canonical);
  std::string part(canonical.substr(cut));
  from_bert(part, spelling->layer);
  std::string name = std::string(canonical.substr(0, cut)) + part;
  from_bert(name, spelling->heads, has_classifier);
  from_bert(name, spelling->body);
  return name;
}

}  // namespace rpp
