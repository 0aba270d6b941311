// The names of a BERT's tensors, as transformers saves them. No other module holds a whole name.
//
// A canonical name has "bert." in front of what belongs to the encoder, and LayerNorm's "weight" and "bias".
// Files also leave "bert." out (models without a head) or say "gamma" and "beta" (the first versions), and
// those of another family have names of their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bert_format/family.h"

namespace rpp {

inline constexpr std::string_view kWordEmbeddings = "bert.embeddings.word_embeddings.weight";
inline constexpr std::string_view kPositionEmbeddings = "bert.embeddings.position_embeddings.weight";
inline constexpr std::string_view kTokenTypeEmbeddings = "bert.embeddings.token_type_embeddings.weight";
// MPNet's, of all layers: [buckets, heads] (relative_position.h).
inline constexpr std::string_view kRelativePositionBias = "bert.encoder.relative_attention_bias.weight";

// Prefixes: a tensor ".weight" and a tensor ".bias".
inline constexpr std::string_view kEmbeddingNorm = "bert.embeddings.LayerNorm";
inline constexpr std::string_view kEmbeddingProjection = "bert.embeddings_project";  // ELECTRA's
inline constexpr std::string_view kPooler = "bert.pooler.dense";
inline constexpr std::string_view kClassifier = "classifier";
inline constexpr std::string_view kSpanHead = "qa_outputs";
inline constexpr std::string_view kMlmTransform = "cls.predictions.transform.dense";
inline constexpr std::string_view kMlmNorm = "cls.predictions.transform.LayerNorm";
inline constexpr std::string_view kNextSentence = "cls.seq_relationship";

inline constexpr std::string_view kMlmBias = "cls.predictions.bias";
// Older versions save the decoder under names of its own, tied to the word embeddings and to kMlmBias.
inline constexpr std::string_view kDecoderWeight = "cls.predictions.decoder.weight";
inline constexpr std::string_view kDecoderBias = "cls.predictions.decoder.bias";

// The prefixes of an encoder layer's parts: "bert.encoder.layer.3.attention.self.query".
struct LayerNames {
  std::string query, key, value, attention_output, attention_norm, intermediate, output, output_norm;
};
LayerNames layer_names(int64_t layer);  // from 0

std::string weight_of(std::string_view prefix);  // prefix.weight
std::string bias_of(std::string_view prefix);    // prefix.bias

// The canonical name of what a file calls `name`.
std::string canonical_name(std::string_view name);
// What transformers calls a tensor in a model of this family; nothing where the family has none:
// next-sentence prediction, a pooler in DistilBERT and ELECTRA. The classifiers of texts of all but BERT
// bring the layer that is BERT's pooler: has_classifier. Without, a classifier is one of tokens.
std::optional<std::string> name_in_family(std::string_view canonical, ModelFamily family,
                                          bool has_classifier);

// The functions below take canonical names.
enum class ModelPart { embeddings, encoder, pooler, masked_lm, next_sentence, classifier, span_head, other };
ModelPart part_of(std::string_view name);
bool is_head(std::string_view name);                     // not of the embeddings or the encoder's layers
std::optional<int64_t> layer_of(std::string_view name);  // of a tensor in an encoder layer
bool is_embedding_table(std::string_view name);          // words, positions or token types
bool is_bias(std::string_view name);                     // also of a LayerNorm
bool is_norm_weight(std::string_view name);
bool is_tied_decoder(std::string_view name);  // kDecoderWeight or kDecoderBias
bool is_buffer(std::string_view name);        // position_ids, token_type_ids: no weights, and never read
// A model here may have a tensor of this name. Files hold others too, which are skipped: buffers, the heads
// of other tasks.
bool is_known(std::string_view name);

}  // namespace rpp
