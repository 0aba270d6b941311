// The heads of a model, as its tensors show them, and as its architecture selects them.
#pragma once

#include <cstdint>

#include "bert_format/architecture.h"
#include "bert_format/tensor_index.h"

namespace rpp {

struct StoredHeads {
  bool pooler = false;
  bool masked_lm = false;
  bool next_sentence = false;
  bool span = false;             // start and end of an answer
  int64_t num_labels = 0;        // rows of the classifier, which reads the pooler; a regression has one
  int64_t num_token_labels = 0;  // rows of a classifier of tokens, which reads the hidden states
};

template <typename Tensor>
int64_t classifier_rows(const TensorIndex<Tensor>& tensors) {
  const Tensor* classifier = tensors.find(weight_of(kClassifier));
  return classifier == nullptr || classifier->shape.empty() ? 0 : classifier->shape[0];
}

// A classifier with a pooler is taken for one of texts: tensors do not show a classifier of tokens.

template <typename Tensor>
StoredHeads stored_heads(const TensorIndex<Tensor>& tensors) {
  StoredHeads heads{.pooler = tensors.has(weight_of(kPooler)),
                    .masked_lm = tensors.has(weight_of(kMlmTransform)),
                    .next_sentence = tensors.has(weight_of(kNextSentence)),
                    .span = tensors.has(weight_of(kSpanHead))};
  if (heads.pooler) heads.num_labels = classifier_rows(tensors);
  return heads;
}

// Only the head of this kind, as far as the file has its tensors; the pooler stays.
template <typename Tensor>
StoredHeads heads_of(Head head, const TensorIndex<Tensor>& tensors) {
  const StoredHeads stored = stored_heads(tensors);
  if (head == Head::guessed) return stored;
  return {.pooler = stored.pooler,
          .masked_lm = head == Head::masked_lm && stored.masked_lm,
          .next_sentence = stored.next_sentence,
          .span = head == Head::span && stored.span,
          .num_labels = head == Head::classifier ? stored.num_labels : 0,
          .num_token_labels = head == Head::token_classifier ? classifier_rows(tensors) : 0};
}

}  // namespace rpp
