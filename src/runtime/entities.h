// From the probabilities of tokens to entities, by the rules of transformers' TokenClassificationPipeline.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "rpp/answerer.h"

namespace rpp {

struct TaggedToken {
  TextSpan span;                         // bytes of the text
  bool continues_word = false;           // belongs to the word of the token before it
  std::span<const float> probabilities;  // [labels]
};

// Entities with the label "O" are left out. A label may have the prefix "B-" or "I-"; one without counts as
// "I-".
std::vector<Entity> find_entities(std::span<const TaggedToken> tokens, std::span<const std::string> labels,
                                  Aggregation aggregation);

}  // namespace rpp
