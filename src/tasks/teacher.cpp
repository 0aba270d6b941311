#include "tasks/teacher.h"

#include "ops/torch.h"
#include "rpp/error.h"
#include "tokenizer_files/fingerprint.h"
#include "tokenizer_files/load_tokenizer.h"

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
  if (student.num_token_labels != teacher.num_token_labels && student.num_token_labels > 0) {
    fail_usage(
        "distill.teacher {} has {} labels of tokens, the task has {}: fine-tune a dense model on the task "
        "first",
        directory, teacher.num_token_labels, student.num_token_labels);
  }
}

void check_hidden(const DistillConfig& config, const ModelConfig& teacher, const ModelConfig& student) {
  if (config.hidden_weight == 0) return;
  if (teacher.hidden_size != student.hidden_size) {
    fail_usage("distill.hidden_weight needs hidden states of one size: {} has {}, the model {}",
               config.teacher, teacher.hidden_size, student.hidden_size);
  }
  if (config.hidden_layers == "all" && teacher.num_hidden_layers % student.num_hidden_layers != 0) {
    fail_usage(
        "distill.hidden_layers all compares every layer with one of the teacher: {} has {}, which is no "
        "multiple of "
        "the model's {}; set it to last",
        config.teacher, teacher.num_hidden_layers, student.num_hidden_layers);
  }
}

// The sum over tokens of the mean over the hidden size.
torch::Tensor squared_error(const torch::Tensor& student, const torch::Tensor& teacher) {
  const auto difference = student.to(torch::kFloat32) - teacher.to(torch::kFloat32);
  return difference.square().sum() / static_cast<double>(student.size(1));
}

}  // namespace

torch::Tensor normalised_error(const torch::Tensor& student, const torch::Tensor& teacher) {
  const auto aim = teacher.to(torch::kFloat32);
  const auto errors = (student.to(torch::kFloat32) - aim).square().sum(-1);
  return (errors / aim.square().sum(-1).clamp_min(1e-12)).sum();
}

torch::Tensor distillation_loss(const torch::Tensor& student_logits, const torch::Tensor& teacher_logits,
                                double temperature) {
  if (student_logits.size(-1) == 1) {
    return (student_logits.to(torch::kFloat32) - teacher_logits.to(torch::kFloat32)).square().sum();
  }
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
  check_hidden(config, bert().config(), student.config());
}

ComparedLayers Teacher::compared_layers() const {
  if (config_.hidden_weight == 0) return ComparedLayers::none;
  return config_.hidden_layers == "all" ? ComparedLayers::all : ComparedLayers::last;
}

EncodedForLoss Teacher::encode(const BertInputs& inputs, const torch::Tensor& needed) const {
  const torch::NoGradGuard no_grad;
  return encode_for_loss(bert(), inputs, needed, {}, compared_layers());
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

torch::Tensor Teacher::token_logits(const torch::Tensor& hidden) const {
  if (config_.weight == 0) return {};
  const torch::NoGradGuard no_grad;
  return bert().classify(hidden);
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
  add_hidden_loss(loss, pass.student_hidden, pass.teacher_hidden, tokens_of_step);
}

void Teacher::add_hidden_loss(TaskLoss& loss, std::span<const torch::Tensor> student_hidden,
                              std::span<const torch::Tensor> teacher_hidden, double tokens_of_step) const {
  if (config_.hidden_weight == 0) return;
  const size_t layers = student_hidden.size(), stride = teacher_hidden.size() / layers;
  auto error = torch::zeros({}, loss.loss.options().dtype(torch::kFloat32));
  for (size_t layer = 0; layer < layers; ++layer) {
    const auto& student = student_hidden[layer];
    const auto& teacher = teacher_hidden[(layer + 1) * stride - 1];
    error = error + (config_.hidden_error == "normalised" ? normalised_error(student, teacher)
                                                          : squared_error(student, teacher));
  }
  const auto mean_error = error / (tokens_of_step * static_cast<double>(layers));
  loss.parts["hidden_loss"] = mean_error.detach();
  loss.loss = loss.loss + mean_error * config_.hidden_weight;
}

}  // namespace rpp
