// The architecture that a model's config.json names: it decides what the model's head is.
#pragma once

#include <string>
#include <string_view>

#include "bert_format/model_file.h"

namespace rpp {

// guessed: config.json names no architecture, the tensors decide. none: an encoder. unsupported: no answers
// are computed from it, only embeddings.
enum class Head { guessed, none, masked_lm, classifier, token_classifier, span, unsupported };

struct Architecture {
  std::string name;  // "BertForTokenClassification"; several are joined by ", "; empty: not named
  Head head = Head::guessed;
};

// Reads the member "architectures"; several of them are unsupported. Throws Error naming `source` if it is
// not a list of names.
Architecture parse_architecture(std::string_view config_json, std::string_view source);
Architecture read_architecture(const ModelFile& file);

// Throws Error naming file and architecture if that is unsupported.
void check_architecture(const ModelFile& file);

}  // namespace rpp
