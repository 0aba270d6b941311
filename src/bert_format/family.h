// The families of encoders: BERT's layers under other names, with other heads and positions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rpp {

// roberta, xlm_roberta and camembert differ in their tokenizers only; their positions start behind the
// padding token. distilbert has no token types, and ReLU in the place of the pooler's tanh. electra has GELU
// there, and a projection of its embeddings. mpnet has RoBERTa's positions, no token types, and scores that
// depend on the distance of two tokens (relative_position.h).
enum class ModelFamily { bert, roberta, xlm_roberta, camembert, distilbert, electra, mpnet };

// By model_type of config.json; nothing for an unknown one.
std::optional<ModelFamily> family_of(std::string_view model_type);
std::string_view model_type(ModelFamily family);
// "bert, roberta, ... or distilbert": for messages.
std::string known_model_types();

// The name of transformers' class for a head: architecture_name(xlm_roberta, "ForMaskedLM").
std::string architecture_name(ModelFamily family, std::string_view head);
// The other way: "ForMaskedLM"; nothing for the classes of other families.
std::optional<std::string_view> head_of_architecture(std::string_view name);

}  // namespace rpp
