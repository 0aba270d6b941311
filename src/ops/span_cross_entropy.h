// Cross entropy of spans: in each sequence of a packed batch one softmax over its tokens for the beginning
// and one for the end.
#pragma once

#include <torch/types.h>

#include "ops/sequence_layout.h"

namespace rpp {

struct SpanCrossEntropy {
  torch::Tensor loss_sum;  // fp32 scalar with gradient: over the sequences, the mean of both cross entropies
  torch::Tensor num_correct;  // int64 scalar: sequences in which both labels have the largest logit
};

// logits [tokens, 2], fp32 or bf16; starts and ends [sequences] int64, from 0 in each sequence. Computed in
// fp32, on any device (BertForQuestionAnswering of transformers, without padding). `label_smoothing` is the
// share of a target that is spread evenly over the n tokens of its own sequence (arXiv:1512.00567): with e it
// is (1 - e) * -log p[label] + e / n * the sum over these tokens of -log p.
SpanCrossEntropy span_cross_entropy(const torch::Tensor& logits, const SequenceLayout& layout,
                                    const torch::Tensor& starts, const torch::Tensor& ends,
                                    double label_smoothing = 0);

// The same softmaxes as rows of equal length, for what compares two models: [2 * sequences, max_seqlen] fp32
// of logits [tokens, 2], first beginning, then end of each sequence. Behind its tokens a row has logits so
// low that their probabilities are exactly 0.
torch::Tensor span_rows(const torch::Tensor& logits, const SequenceLayout& layout);

}  // namespace rpp
