// Distillation (Hinton et al., arXiv:1503.02531): a pruned model is trained to match a dense model's logits
// and, as an option, its last hidden states.
#pragma once

#include <torch/types.h>

#include "config/config.h"
#include "model/bert.h"
#include "rpp/tokenizer.h"
#include "tasks/encode_for_loss.h"
#include "tasks/inspect.h"
#include "train/task.h"

namespace rpp {

// temperature^2 * the sum over rows of KL(softmax(teacher / temperature) || softmax(student / temperature)):
// fp32 scalar with the student's gradient. Both [n, classes]; n may be 0.
torch::Tensor distillation_loss(const torch::Tensor& student_logits, const torch::Tensor& teacher_logits,
                                double temperature);

class Teacher {
 public:
  // Throws UsageError when the teacher has another vocabulary than the student, another hidden size where
  // hidden states are compared, or, where logits are compared (weight > 0), lacks the heads of the student.
  Teacher(const DistillConfig& config, const Tokenizer& tokenizer, const Bert& student,
          const TrainConfig& train);

  // Whether hidden states of all tokens are needed, or only those that the heads read.
  bool compares_hidden() const { return config_.hidden_weight > 0; }

  // The teacher's outputs, without gradient or dropout. Logits are undefined tensors at a weight of 0.
  torch::Tensor hidden(const BertInputs& inputs) const;  // [tokens, hidden]
  EncodedForLoss encode(const BertInputs& inputs, const torch::Tensor& needed) const;
  torch::Tensor mlm_logits(const torch::Tensor& at_predictions) const;  // [predictions, vocab]
  torch::Tensor class_logits(const torch::Tensor& at_first) const;      // [sequences, num_labels]
  torch::Tensor span_logits(const torch::Tensor& hidden) const;         // [tokens, 2]

  // The outputs of both for one pass.
  struct Pass {
    torch::Tensor student_logits, teacher_logits;  // [rows, classes]
    torch::Tensor student_hidden, teacher_hidden;  // [tokens, hidden]; used if compares_hidden()
  };
  // loss = (1 - weight) * loss + weight * distillation_loss / rows_of_step
  //         + hidden_weight * sum of squared differences of the hidden states / (tokens_of_step * hidden)
  // Divided by the counts of the step, as every loss (train/task.h). Adds "distill_loss" and "hidden_loss" if
  // their weights are not 0.
  void blend_into(TaskLoss& loss, const Pass& pass, double rows_of_step, double tokens_of_step) const;

 private:
  const Bert& bert() const { return *model_.bert; }

  DistillConfig config_;
  OpenModel model_;
};

}  // namespace rpp
