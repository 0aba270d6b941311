// What a model makes of texts, computed by the runtime.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/glue.h"
#include "rpp/tokenizer.h"

namespace rpp {

struct NamedOutput {
  std::string name;  // last_hidden_state, and where the model has them pooler_output, logits
  std::vector<float> values;
};

// Texts, or pairs where text_b is not empty, truncated to the model's positions. Throws Error as
// RuntimeModel::load does.
std::vector<NamedOutput> text_outputs(const std::filesystem::path& model_dir, const Tokenizer& tokenizer,
                                      std::span<const GlueExample> texts);

// NaN where a difference is.
double largest_difference(std::span<const float> a, std::span<const float> b);

}  // namespace rpp
