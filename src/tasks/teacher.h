// Distillation (Hinton et al., arXiv:1503.02531): a pruned model is trained to match a dense model's logits
// and, as an option, its hidden states, as in SquareHead (Kurtic et al., arXiv:2310.06927).
#pragma once

#include <torch/types.h>

#include <span>
#include <vector>

#include "config/config.h"
#include "model/bert.h"
#include "rpp/tokenizer.h"
#include "tasks/encode_for_loss.h"
#include "tasks/inspect.h"
#include "train/task.h"

namespace rpp {

// temperature^2 * the sum over rows of KL(softmax(teacher / temperature) || softmax(student / temperature)):
// fp32 scalar with the student's gradient. Both [n, classes]; n may be 0. For one class, the score of a
// regression: the sum of the squared differences.
torch::Tensor distillation_loss(const torch::Tensor& student_logits, const torch::Tensor& teacher_logits,
                                double temperature);

// The sum over tokens of the student's squared error, over the teacher's squares of the same token: fp32
// scalar with the student's gradient. Both [tokens, hidden].
torch::Tensor normalised_error(const torch::Tensor& student, const torch::Tensor& teacher);

class Teacher {
 public:
  // Throws UsageError when the teacher has another vocabulary than the student; where hidden states are
  // compared, another hidden size or, for those of all layers, a number of layers that is no multiple of the
  // student's; where logits are compared (weight > 0), when it lacks the heads of the student.
  Teacher(const DistillConfig& config, const Tokenizer& tokenizer, const Bert& student,
          const TrainConfig& train);

  ComparedLayers compared_layers() const;

  // The teacher's outputs, without gradient or dropout. Logits are undefined tensors at a weight of 0.
  EncodedForLoss encode(const BertInputs& inputs, const torch::Tensor& needed) const;
  torch::Tensor mlm_logits(const torch::Tensor& at_predictions) const;  // [predictions, vocab]
  torch::Tensor class_logits(const torch::Tensor& at_first) const;      // [sequences, num_labels]
  torch::Tensor token_logits(const torch::Tensor& hidden) const;        // [tokens, num_token_labels]
  torch::Tensor span_logits(const torch::Tensor& hidden) const;         // [tokens, 2]

  // The outputs of both for one pass.
  struct Pass {
    torch::Tensor student_logits, teacher_logits;               // [rows, classes]
    std::vector<torch::Tensor> student_hidden, teacher_hidden;  // EncodedForLoss::compared
  };
  // loss = (1 - weight) * loss + weight * distillation_loss / rows_of_step
  //         + hidden_weight * mean over the compared layers of their error / tokens_of_step,
  // where the error is normalised_error, or the sum of the squared differences / hidden size.
  // Divided by the counts of the step, as every loss (train/task.h). Adds "distill_loss" and "hidden_loss" if
  // their weights are not 0.
  // add_hidden_loss is the last term alone.
  void blend_into(TaskLoss& loss, const Pass& pass, double rows_of_step, double tokens_of_step) const;
  void add_hidden_loss(TaskLoss& loss, std::span<const torch::Tensor> student_hidden,
                       std::span<const torch::Tensor> teacher_hidden, double tokens_of_step) const;

 private:
  const Bert& bert() const { return *model_.bert; }

  DistillConfig config_;
  OpenModel model_;
};

}  // namespace rpp
