// The families of encoders: BERT's layers under other names, with other heads and positions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rpp {

// roberta and xlm_roberta differ in their tokenizers only; their positions start behind the padding token.
// distilbert has no token types, and ReLU in the place of the pooler's tanh.
enum class ModelFamily { bert, roberta, xlm_roberta, distilbert };

std::span<const ModelFamily> all_families();

// By model_type of config.json; nothing for an unknown one.
std::optional<ModelFamily> family_of(std::string_view model_type);
std::string_view model_type(ModelFamily family);
// "bert, roberta, ... or distilbert": for messages.
std::string known_model_types();

// The name of transformers' class for a head: architecture_name(xlm_roberta, "ForMaskedLM").
std::string architecture_name(ModelFamily family, std::string_view head);

}  // namespace rpp
