#include "tasks/teacher.h"

#include "ops/torch.h"
#include "rpp/error.h"
#include "sentencepiece/fingerprint.h"
#include "sentencepiece/load_tokenizer.h"

namespace rpp {
namespace {

void check_heads(const HeadSpec& teacher, const HeadSpec& student, const std::string& directory) {
  if (student.pretraining && !teacher.pretraining) {
    fail_usage("distill.teacher {} has no masked-LM head: pre-train it first", directory);
  }
  if (student.span && !teacher.span) {
    fail_usage(
        "distill.teacher {} has no head that answers questions: fine-tune a dense model on SQuAD first",
        directory);
  }
  if (student.num_labels != teacher.num_labels && student.num_labels > 0) {
    fail_usage("distill.teacher {} has {} labels, the task has {}: fine-tune a dense model on the task first",
               directory, teacher.num_labels, student.num_labels);
  }
}

}  // namespace

torch::Tensor distillation_loss(const torch::Tensor& student_logits, const torch::Tensor& teacher_logits,
                                double temperature) {
  const auto log_student = torch::log_softmax(student_logits.to(torch::kFloat32) / temperature, -1);
  const auto log_teacher = torch::log_softmax(teacher_logits.to(torch::kFloat32) / temperature, -1);
  const auto divergence = (log_teacher.exp() * (log_teacher - log_student)).sum();
  return divergence * (temperature * temperature);
}

Teacher::Teacher(const DistillConfig& config, const Tokenizer& tokenizer, const Bert& student,
                 const TrainConfig& train)
    : config_(config) {
  if (fingerprint(*load_tokenizer(config.teacher)) != fingerprint(tokenizer)) {
    fail_usage("distill.teacher {} has another vocabulary than the model: their tokens do not correspond",
               config.teacher);
  }
  const auto precision = train.precision == "bf16" ? Precision::bf16 : Precision::fp32;
  model_ = open_model(config.teacher, {.precision = precision, .device = student.device()});
  if (config.weight > 0) check_heads(bert().heads(), student.heads(), config.teacher);
  if (config.hidden_weight > 0 && bert().config().hidden_size != student.config().hidden_size) {
    fail_usage("distill.hidden_weight needs hidden states of one size: {} has {}, the model {}",
               config.teacher, bert().config().hidden_size, student.config().hidden_size);
  }
}

torch::Tensor Teacher::hidden(const BertInputs& inputs) const {
  const torch::NoGradGuard no_grad;
  return bert().encode(inputs);
}

EncodedForLoss Teacher::encode(const BertInputs& inputs, const torch::Tensor& needed) const {
  const torch::NoGradGuard no_grad;
  return encode_for_loss(bert(), inputs, needed, {}, compares_hidden());
}

torch::Tensor Teacher::mlm_logits(const torch::Tensor& at_predictions) const {
  if (config_.weight == 0) return {};
  const torch::NoGradGuard no_grad;
  return bert().mlm_logits(at_predictions);
}

torch::Tensor Teacher::class_logits(const torch::Tensor& at_first) const {
  if (config_.weight == 0) return {};
  const torch::NoGradGuard no_grad;
  return bert().classify(bert().pool(at_first));
}

torch::Tensor Teacher::span_logits(const torch::Tensor& hidden) const {
  if (config_.weight == 0) return {};
  const torch::NoGradGuard no_grad;
  return bert().span_logits(hidden);
}

void Teacher::blend_into(TaskLoss& loss, const Pass& pass, double rows_of_step, double tokens_of_step) const {
  if (config_.weight > 0) {
    const auto soft =
        distillation_loss(pass.student_logits, pass.teacher_logits, config_.temperature) / rows_of_step;
    loss.parts["distill_loss"] = soft.detach();
    loss.loss = loss.loss * (1 - config_.weight) + soft * config_.weight;
  }
  if (config_.hidden_weight == 0) return;
  const auto difference = pass.student_hidden.to(torch::kFloat32) - pass.teacher_hidden.to(torch::kFloat32);
  const auto squares =
      difference.square().sum() / (tokens_of_step * static_cast<double>(pass.student_hidden.size(1)));
  loss.parts["hidden_loss"] = squares.detach();
  loss.loss = loss.loss + squares * config_.hidden_weight;
}

}  // namespace rpp
