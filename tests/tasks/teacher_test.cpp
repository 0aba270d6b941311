#include "tasks/teacher.h"

#include <gtest/gtest.h>

#include <cmath>

#include "bert_format/model_config.h"
#include "io/safetensors.h"
#include "message_of.h"
#include "model/hf_checkpoint.h"
#include "model/init.h"
#include "ops/torch.h"
#include "rpp/error.h"
#include "tasks/run.h"
#include "tiny_run.h"
#include "tokenizer_files/load_tokenizer.h"

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

TEST(DistillationLoss, OfARegressionIsTheSquaredDifferenceOfTheScores) {
  const auto student = torch::tensor({{1.0F}, {2.5F}}), teacher = torch::tensor({{3.0F}, {2.0F}});
  EXPECT_FLOAT_EQ(distillation_loss(student, teacher, 5.0).item<float>(), 4.25F);  // whatever the temperature
}

// Tokens (3, 4) and (1, 0) against (0, 5) and (2, 0): 10 / 25 and 1 / 4.
TEST(NormalisedError, IsTheSquaredErrorOverTheTeachersSquaresOfEachToken) {
  const auto student = torch::tensor({{3.0F, 4.0F}, {1.0F, 0.0F}}),
             teacher = torch::tensor({{0.0F, 5.0F}, {2.0F, 0.0F}});
  EXPECT_FLOAT_EQ(normalised_error(student, teacher).item<float>(), 0.65F);
  EXPECT_FLOAT_EQ(normalised_error(10 * student, 10 * teacher).item<float>(), 0.65F);
  EXPECT_TRUE(normalised_error(student, torch::zeros_like(teacher)).isfinite().item<bool>());
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

// The teacher's own weights, without dropout: every layer agrees.
TEST_F(TeacherRun, TheHiddenStatesOfEveryLayerAreCompared) {
  auto student = distilled();
  student.model_config = "";
  student.model = path("teacher");
  student.prune.method = PruneMethod::dense;
  student.optimizer.learning_rate = 0;
  student.train.dropout = 0;
  student.distill.weight = 0;
  student.distill.hidden_weight = 1;
  student.distill.hidden_layers = "all";
  student.distill.hidden_error = "normalised";
  EXPECT_LT(run_pretraining(student, {}).last_train.at("hidden_loss"), 1e-10);
}

// Two layers against four: the mean over the student's layers of their error against layers 2 and 4.
TEST_F(TeacherRun, AStudentWithFewerLayersIsComparedWithEvenlySpacedOnes) {
  const auto with_layers = [](int64_t layers) {
    return ModelConfig{.vocab_size = 105,
                       .hidden_size = 16,
                       .num_hidden_layers = layers,
                       .num_attention_heads = 2,
                       .intermediate_size = 24,
                       .max_position_embeddings = 64};
  };
  Bert dense(with_layers(4), {}), student(with_layers(2), {});
  initialize(dense, 1);
  initialize(student, 2);
  save_weights(dense, dir_.path());
  const auto tokenizer = load_tokenizer(path("vocab.txt"));
  const DistillConfig config{.teacher = dir_.path(),
                             .weight = 0,
                             .hidden_weight = 3,
                             .hidden_layers = "all",
                             .hidden_error = "normalised"};
  const Teacher teacher(config, *tokenizer, student, {});
  const BertInputs inputs{
      .input_ids = torch::tensor({2, 9, 3}),
      .token_type_ids = torch::zeros({3}, torch::kInt64),
      .position_ids = torch::arange(3),
      .layout = {
          .host_cu_seqlens = {0, 3}, .cu_seqlens = torch::tensor({0, 3}, torch::kInt32), .max_seqlen = 3}};
  const auto aim = dense.encode_layers(inputs), mine = student.encode_layers(inputs);
  const auto expected = (normalised_error(mine[0], aim[1]) + normalised_error(mine[1], aim[3])) / 2 / 3;
  TaskLoss loss{.loss = torch::zeros({}), .parts = {}};
  teacher.blend_into(loss, {.student_hidden = mine, .teacher_hidden = teacher.encode(inputs, {}).compared}, 1,
                     3);
  EXPECT_NEAR(loss.parts.at("hidden_loss").item<double>(), expected.item<double>(), 1e-6);
  EXPECT_NEAR(loss.loss.item<double>(), 3 * expected.item<double>(), 1e-6);
  const Bert three(with_layers(3), {});
  EXPECT_EQ(
      message_of([&] { Teacher(config, *tokenizer, three, {}); }),
      fmt::format(
          "distill.hidden_layers all compares every layer with one of the teacher: {} has 4, which is no "
          "multiple of the model's 3; set it to last",
          dir_.path()));
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
