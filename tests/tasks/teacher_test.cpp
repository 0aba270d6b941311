#include "tasks/teacher.h"

#include <gtest/gtest.h>

#include <cmath>

#include "bert_format/model_config.h"
#include "io/safetensors.h"
#include "message_of.h"
#include "model/hf_checkpoint.h"
#include "ops/torch.h"
#include "rpp/error.h"
#include "sentencepiece/load_tokenizer.h"
#include "tasks/run.h"
#include "tiny_run.h"

namespace rpp::test {
namespace {

// KL of (1/2, 1/2) from (1/4, 3/4): ln 2 * 1/2 + ln(2/3) * 1/2 = 0.143841; at temperature 2 the logits that
// give these probabilities are twice as large and the divergence is multiplied by four.
TEST(DistillationLoss, IsTheKlDivergenceBetweenTeacherAndStudent) {
  const auto teacher = torch::tensor({{0.0F, 0.0F}, {1.0F, 5.0F}});
  const auto student = torch::tensor({{0.0F, std::log(3.0F)}, {2.0F, 6.0F}});  // the second row is equal
  const double divergence = 0.5 * std::log(2.0) + 0.5 * std::log(2.0 / 3);
  EXPECT_NEAR(distillation_loss(student, teacher, 1.0).item<double>(), divergence, 1e-6);
  EXPECT_NEAR(distillation_loss(2 * student, 2 * teacher, 2.0).item<double>(), 4 * divergence, 1e-6);
}

TEST(DistillationLoss, OnlyTheStudentReceivesGradients) {
  const auto student = torch::tensor({{0.0F, 1.0F}}).requires_grad_();
  distillation_loss(student, torch::tensor({{1.0F, 0.0F}}), 1.0).backward();
  const auto shares =
      torch::softmax(student.detach(), -1) - torch::softmax(torch::tensor({{1.0F, 0.0F}}), -1);
  EXPECT_TRUE(student.grad().allclose(shares));
}

class TeacherRun : public TinyRun {
 protected:
  // A dense model in "teacher", and a pruning run distilled from it.
  PretrainConfig distilled() const {
    auto teacher = config();
    teacher.output_dir = path("teacher");
    run_pretraining(teacher, {});
    auto student = config("nip");
    student.distill.teacher = path("teacher");
    return student;
  }
};

void drop_masked_lm_head(const std::filesystem::path& model) {
  const SafetensorsFile file(model / "model.safetensors");
  std::vector<TensorView> kept = file.tensors();
  std::erase_if(kept, [](const TensorView& tensor) { return tensor.name.starts_with("cls."); });
  save_safetensors(model / "model.safetensors", kept, file.metadata());
}

std::string refusal(const PretrainConfig& config) {
  try {
    run_pretraining(config, {});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST_F(TeacherRun, TheStudentsLossesAreLoggedAndItsGradientsDiffer) {
  auto student = distilled();
  student.distill.hidden_weight = 1.0;
  const auto with = run_pretraining(student, {});
  EXPECT_GT(with.last_train.at("distill_loss"), 0);
  EXPECT_GT(with.last_train.at("hidden_loss"), 0);
  student.distill.teacher = "";
  student.output_dir = path("alone");
  const auto without = run_pretraining(student, {});
  EXPECT_FALSE(without.last_train.contains("distill_loss"));
  EXPECT_NE(with.last_eval.at("mlm_loss"), without.last_eval.at("mlm_loss"));
  EXPECT_FALSE(with.last_eval.contains("distill_loss"));  // evaluation uses only the labels
}

// A sentence encoder has no masked-LM head, but its hidden states can be distilled.
TEST_F(TeacherRun, HiddenStateLossNeedsNoHead) {
  auto student = distilled();
  drop_masked_lm_head(path("teacher"));
  EXPECT_NE(refusal(student).find("has no masked-LM head"), std::string::npos) << refusal(student);
  student.distill.weight = 0;
  student.distill.hidden_weight = 1;
  const auto result = run_pretraining(student, {});
  EXPECT_GT(result.last_train.at("hidden_loss"), 0);
  EXPECT_FALSE(result.last_train.contains("distill_loss"));
}

TEST_F(TeacherRun, ResumesBitForBit) {
  EXPECT_EQ(verify_pretraining_resume(distilled(), 12).difference, "");
}

TEST_F(TeacherRun, ATeacherWithAnotherVocabularyIsRefused) {
  auto student = distilled();
  dir_.write("teacher/vocab.txt", vocabulary_text() + "more\n");
  EXPECT_NE(refusal(student).find("has another vocabulary than the model"), std::string::npos)
      << refusal(student);
}

TEST_F(TeacherRun, ATeacherWithAnotherNumberOfLabelsIsRefused) {
  const ModelConfig tiny{.vocab_size = 105,
                         .hidden_size = 16,
                         .num_hidden_layers = 1,
                         .num_attention_heads = 2,
                         .intermediate_size = 24,
                         .max_position_embeddings = 64};
  save_weights(Bert(tiny, {.num_labels = 3}), dir_.path());
  const auto tokenizer = load_tokenizer(path("vocab.txt"));
  for (const int64_t labels : {2, 4}) {
    const Bert student(tiny, {.num_labels = labels});
    EXPECT_EQ(message_of([&] { Teacher({.teacher = dir_.path()}, *tokenizer, student, {}); }),
              fmt::format("distill.teacher {} has 3 labels, the task has {}: fine-tune a dense model on the "
                          "task first",
                          dir_.path(), labels));
  }
}

TEST_F(TeacherRun, ATeacherWithAnotherHiddenSizeIsRefused) {
  auto student = distilled();
  std::string wider = kTinyModel;
  wider.replace(wider.find("hidden_size: 16"), 15, "hidden_size: 32");
  dir_.write("wider.yaml", wider);
  student.model_config = path("wider.yaml");
  student.distill.hidden_weight = 0.5;
  EXPECT_NE(refusal(student).find("has 16, the model 32"), std::string::npos) << refusal(student);
}

}  // namespace
}  // namespace rpp::test
