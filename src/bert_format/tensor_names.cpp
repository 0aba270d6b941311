#include "bert_format/tensor_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "family_names.h"

namespace rpp {
namespace {

constexpr std::string_view kBody = "bert.";
constexpr std::string_view kLayer = "bert.encoder.layer.";

void replace_suffix(std::string& name, std::string_view from, std::string_view to) {
  if (name.ends_with(from)) name.replace(name.size() - from.size(), from.size(), to);
}

bool is_parameter_of(std::string_view name, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
    return name == weight_of(prefix) || name == bias_of(prefix);
  });
}

bool is_without_prefix(std::string_view name) {
  return name.starts_with("embeddings.") || name.starts_with("embeddings_project.") ||
         name.starts_with("encoder.") || name.starts_with("pooler.");
}

}  // namespace

LayerNames layer_names(int64_t layer) {
  const auto name = [layer](std::string_view part) { return fmt::format("{}{}.{}", kLayer, layer, part); };
  return {.query = name("attention.self.query"),
          .key = name("attention.self.key"),
          .value = name("attention.self.value"),
          .attention_output = name("attention.output.dense"),
          .attention_norm = name("attention.output.LayerNorm"),
          .intermediate = name("intermediate.dense"),
          .output = name("output.dense"),
          .output_norm = name("output.LayerNorm")};
}

std::string weight_of(std::string_view prefix) {
  return fmt::format("{}.weight", prefix);
}

std::string bias_of(std::string_view prefix) {
  return fmt::format("{}.bias", prefix);
}

std::string canonical_name(std::string_view name) {
  std::string canonical =
      is_without_prefix(name) ? name_in_bert(fmt::format("{}{}", kBody, name)) : name_in_bert(name);
  replace_suffix(canonical, "LayerNorm.gamma", "LayerNorm.weight");
  replace_suffix(canonical, "LayerNorm.beta", "LayerNorm.bias");
  return canonical;
}

ModelPart part_of(std::string_view name) {
  if (name.starts_with("bert.embeddings.") || name.starts_with(kEmbeddingProjection) ||
      name == kRelativePositionBias) {
    return ModelPart::embeddings;
  }
  if (name.starts_with("bert.encoder.")) return ModelPart::encoder;
  if (name.starts_with("bert.pooler.")) return ModelPart::pooler;
  if (name.starts_with("cls.predictions.")) return ModelPart::masked_lm;
  if (name.starts_with("cls.seq_relationship.")) return ModelPart::next_sentence;
  if (name.starts_with("classifier.")) return ModelPart::classifier;
  if (name.starts_with("qa_outputs.")) return ModelPart::span_head;
  return ModelPart::other;
}

bool is_head(std::string_view name) {
  const ModelPart part = part_of(name);
  return part != ModelPart::embeddings && part != ModelPart::encoder && part != ModelPart::other;
}

std::optional<int64_t> layer_of(std::string_view name) {
  if (!name.starts_with(kLayer)) return std::nullopt;
  int64_t layer = -1;
  std::from_chars(name.data() + kLayer.size(), name.data() + name.size(), layer);
  if (layer < 0) return std::nullopt;
  return layer;
}

bool is_embedding_table(std::string_view name) {
  return name == kWordEmbeddings || name == kPositionEmbeddings || name == kTokenTypeEmbeddings;
}

bool is_bias(std::string_view name) {
  return name.ends_with("bias");
}

bool is_norm_weight(std::string_view name) {
  return name.ends_with("LayerNorm.weight");
}

bool is_tied_decoder(std::string_view name) {
  return name == kDecoderWeight || name == kDecoderBias;
}

bool is_buffer(std::string_view name) {
  return name.ends_with("embeddings.position_ids") || name.ends_with("embeddings.token_type_ids");
}

bool is_known(std::string_view name) {
  if (const auto layer = layer_of(name)) {
    const LayerNames of = layer_names(*layer);
    return is_parameter_of(name, {of.query, of.key, of.value, of.attention_output, of.attention_norm,
                                  of.intermediate, of.output, of.output_norm});
  }
  return is_embedding_table(name) || is_tied_decoder(name) || name == kMlmBias ||
         name == kRelativePositionBias ||
         is_parameter_of(name, {kEmbeddingNorm, kEmbeddingProjection, kPooler, kClassifier, kSpanHead,
                                kMlmTransform, kMlmNorm, kNextSentence});
}

}  // namespace rpp
