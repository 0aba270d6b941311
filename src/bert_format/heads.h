// The heads of a model, as the tensors of its file show them.
#pragma once

#include <cstdint>

#include "bert_format/tensor_index.h"

namespace rpp {

struct StoredHeads {
  bool pooler = false;
  bool masked_lm = false;
  bool next_sentence = false;
  bool span = false;       // start and end of an answer
  int64_t num_labels = 0;  // rows of the classifier, which reads the pooler; a regression has one
};

template <typename Tensor>
StoredHeads stored_heads(const TensorIndex<Tensor>& tensors) {
  StoredHeads heads{.pooler = tensors.has(weight_of(kPooler)),
                    .masked_lm = tensors.has(weight_of(kMlmTransform)),
                    .next_sentence = tensors.has(weight_of(kNextSentence)),
                    .span = tensors.has(weight_of(kSpanHead))};
  const Tensor* classifier = tensors.find(weight_of(kClassifier));
  if (heads.pooler && classifier != nullptr && !classifier->shape.empty())
    heads.num_labels = classifier->shape[0];
  return heads;
}

}  // namespace rpp
