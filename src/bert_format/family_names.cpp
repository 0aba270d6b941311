#include "family_names.h"

#include <fmt/format.h>

#include <span>

#include "bert_format/tensor_names.h"

namespace rpp {
namespace {

struct Renamed {
  std::string_view own, bert;  // prefixes
};

constexpr std::string_view kBertBody = "bert.", kPoolerPrefix = "bert.pooler.dense.",
                           kClassifierPrefix = "classifier.";

// The first that fits counts, in both directions.
constexpr Renamed kRoberta[] = {{"lm_head.dense.", "cls.predictions.transform.dense."},
                                {"lm_head.layer_norm.", "cls.predictions.transform.LayerNorm."},
                                {"lm_head.decoder.", "cls.predictions.decoder."},
                                {"lm_head.bias", "cls.predictions.bias"},
                                {"classifier.dense.", kPoolerPrefix},
                                {"classifier.out_proj.", kClassifierPrefix},
                                {"roberta.", kBertBody}};
constexpr Renamed kDistilBert[] = {{"vocab_transform.", "cls.predictions.transform.dense."},
                                   {"vocab_layer_norm.", "cls.predictions.transform.LayerNorm."},
                                   {"vocab_projector.bias", "cls.predictions.bias"},
                                   {"vocab_projector.", "cls.predictions.decoder."},
                                   {"pre_classifier.", kPoolerPrefix},
                                   {"distilbert.transformer.", "bert.encoder."},
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

std::string to_bert(std::string_view name, std::span<const Renamed> table) {
  for (const auto& [own, bert] : table) {
    if (name.starts_with(own)) return fmt::format("{}{}", bert, name.substr(own.size()));
  }
  return std::string(name);
}

std::string from_bert(std::string_view name, std::span<const Renamed> table, bool has_classifier) {
  for (const auto& [own, bert] : table) {
    if ((bert == kPoolerPrefix || bert == kClassifierPrefix) && !has_classifier) continue;
    if (name.starts_with(bert)) return fmt::format("{}{}", own, name.substr(bert.size()));
  }
  return std::string(name);
}

// Cuts a name of BERT's encoder behind its "layer.3."; the end for other names.
size_t end_of_layer(std::string_view name) {
  constexpr std::string_view kLayer = "bert.encoder.layer.";
  const size_t dot = name.starts_with(kLayer) ? name.find('.', kLayer.size()) : name.npos;
  return dot == name.npos ? name.size() : dot + 1;
}

}  // namespace

std::string name_in_bert(std::string_view name) {
  const std::string renamed = to_bert(to_bert(name, kRoberta), kDistilBert);
  const size_t cut = end_of_layer(renamed);
  return renamed.substr(0, cut) + to_bert(std::string_view(renamed).substr(cut), kDistilBertLayer);
}

std::optional<std::string> name_in_family(std::string_view canonical, ModelFamily family,
                                          bool has_classifier) {
  if (family == ModelFamily::bert) return std::string(canonical);
  if (part_of(canonical) == ModelPart::next_sentence) return std::nullopt;
  if (family != ModelFamily::distilbert) return from_bert(canonical, kRoberta, has_classifier);
  if (part_of(canonical) == ModelPart::pooler && !has_classifier) return std::nullopt;
  const size_t cut = end_of_layer(canonical);
  const std::string part = from_bert(canonical.substr(cut), kDistilBertLayer, has_classifier);
  return from_bert(fmt::format("{}{}", canonical.substr(0, cut), part), kDistilBert, has_classifier);
}

}  // namespace rpp
