// Cross entropy of spans: for each sequence of a packed batch one softmax over its tokens for the start and
// one for the end.
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
// probability mass spread evenly over the n tokens of a sequence (arXiv:1512.00567): with e the loss is (1 -
// e) * -log p[label] + e / n * the sum over these tokens of -log p.
SpanCrossEntropy span_cross_entropy(const torch::Tensor& logits, const SequenceLayout& layout,
                                    const torch::Tensor& starts, const torch::Tensor& ends,
                                    double label_smoothing = 0);

// The logits of the same softmaxes as rows of equal length, for comparing two models: [2 * sequences,
// max_seqlen] fp32 from logits [tokens, 2], first the start, then the end of each sequence. Rows are padded
// with logits so low that their probabilities are exactly 0.
torch::Tensor span_rows(const torch::Tensor& logits, const SequenceLayout& layout);

}  // namespace rpp
