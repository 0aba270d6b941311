// Whole fine-tuning runs on SQuAD: the answer is the one word above w49 among words below it.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "bert_format/model_config.h"
#include "core/atomic_file.h"
#include "data/squad_batch.h"
#include "data/squad_predictions.h"
#include "model/hf_checkpoint.h"
#include "model/init.h"
#include "ops/span_cross_entropy.h"
#include "ops/torch.h"
#include "reached.h"
#include "tasks/run.h"
#include "tasks/squad_task.h"
#include "tiny_run.h"
#include "tokenizer_files/load_tokenizer.h"
#include "train/tensors.h"

namespace rpp::test {
namespace {

using nlohmann::json;

// With `with_impossible`, every third question has no answer.
json questions(int count, int first, bool with_impossible) {
  json paragraphs = json::array();
  for (int i = first; i < first + count; ++i) {
    const bool impossible = with_impossible && i % 3 == 0;
    const std::string before = fmt::format("w{} w{} ", i % 17, i % 29);
    const std::string answer = fmt::format("w{}", impossible ? i % 50 : 50 + i % 50);
    json question = {{"id", fmt::format("q{}", i)}, {"question", "w1 w2"}, {"answers", json::array()}};
    if (with_impossible) question["is_impossible"] = impossible;
    if (!impossible) question["answers"].push_back({{"text", answer}, {"answer_start", before.size()}});
    paragraphs.push_back(
        {{"context", fmt::format("{}{} w{}", before, answer, i % 31)}, {"qas", json::array({question})}});
  }
  return {{"data", json::array({{{"title", "T"}, {"paragraphs", paragraphs}}})}};
}

class SquadRun : public TinyRun {
 protected:
  // A pre-trained model in "run", data under official file names, and the settings for fine-tuning it.
  FinetuneConfig finetune_of(const std::string& task, const std::string& method = "dense") const {
    const bool second = task == "squad2";
    const std::string suffix = second ? "-v2.0.json" : "-v1.1.json";
    dir_.write("train" + suffix, questions(96, 0, second).dump());
    dir_.write("dev" + suffix, questions(30, 500, second).dump());
    PretrainConfig pretraining = config(method);
    pretraining.train.num_threads = 1;
    run_pretraining(pretraining, {});
    FinetuneConfig settings;
    settings.task = task;
    settings.data_dir = dir_.path();
    settings.model = path("run");
    settings.output_dir = path("tuned");
    settings.max_seq_length = 16;
    settings.squad = {.doc_stride = 2, .max_query_length = 4};
    settings.epochs = 12;
    settings.optimizer.learning_rate = 1e-2;
    settings.train.batch_size = 16;
    settings.train.num_threads = 1;
    return settings;
  }
  json read_json(const std::string& name) const { return json::parse(read_file(dir_ / name)); }
};

TEST_F(SquadRun, LearnsToFindAnswersAndWritesItsResults) {
  const FinetuneOutcome outcome = run_finetuning(finetune_of("squad1"), {});
  EXPECT_GE(outcome.eval.at("eval_exact_match"), 90);
  EXPECT_GE(outcome.eval.at("eval_f1"), outcome.eval.at("eval_exact_match"));
  const json results = read_json("tuned/all_results.json");
  EXPECT_EQ(results["eval_samples"], 30);
  EXPECT_EQ(results["train_samples"], 96);
  EXPECT_EQ(results["eval_f1"], outcome.eval.at("eval_f1"));
  EXPECT_EQ(read_squad_predictions(dir_ / "tuned/predictions.json").size(), 30U);
  EXPECT_EQ(read_json("tuned/nbest_predictions.json")["q500"][0]["text"],
            read_json("tuned/predictions.json")["q500"]);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "tuned/null_odds.json"));
  EXPECT_EQ(read_json("tuned/config.json")["architectures"][0], "BertForQuestionAnswering");
  EXPECT_TRUE(load_tensors(dir_ / "tuned/model.safetensors").contains("qa_outputs.weight"));
  EXPECT_EQ(read_json("tuned/tokenizer_config.json")["model_max_length"], 16);
}

TEST_F(SquadRun, LearnsWhichQuestionsHaveNoAnswer) {
  const FinetuneOutcome outcome = run_finetuning(finetune_of("squad2"), {});
  EXPECT_GE(outcome.eval.at("eval_HasAns_exact"), 80);
  EXPECT_GE(outcome.eval.at("eval_NoAns_exact"), 80);
  EXPECT_EQ(outcome.eval.at("eval_NoAns_total"), 10);
  EXPECT_GE(outcome.eval.at("eval_best_f1"), outcome.eval.at("eval_f1"));
  const json odds = read_json("tuned/null_odds.json");
  const json predictions = read_json("tuned/predictions.json");
  for (const auto& [id, value] : odds.items()) EXPECT_EQ(value > 0, predictions[id] == "") << id;
}

TEST_F(SquadRun, ZerosOfAPrunedModelAreKept) {
  auto settings = finetune_of("squad1", "nip");
  settings.data_dir.clear();
  settings.train_files = {path("train-v1.1.json")};
  settings.dev_files = {path("dev-v1.1.json")};
  settings.epochs = 1;
  run_finetuning(settings, {});
  const auto before = load_tensors(dir_ / "run/model.safetensors");
  int64_t zeros = 0;
  for (const auto& [name, after] : load_tensors(dir_ / "tuned/model.safetensors")) {
    if (name.find("encoder.layer") == std::string::npos || after.dim() != 2) continue;
    EXPECT_TRUE(after.eq(0).equal(before.at(name).eq(0))) << name;
    zeros += after.eq(0).sum().item<int64_t>();
  }
  EXPECT_GT(zeros, 1000);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "tuned/predict"));  // there is no test set
}

TEST_F(SquadRun, ATestFileIsAnsweredAndNamedFilesReplaceTheDirectory) {
  auto settings = finetune_of("squad1");
  settings.epochs = 1;
  json test = questions(4, 900, false);
  for (json& paragraph : test["data"][0]["paragraphs"]) paragraph["qas"][0].erase("answers");
  settings.test_files = {dir_.write("hidden.json", test.dump()).string()};
  settings.train_files = {path("train-v1.1.json"),
                          dir_.write("more.json", questions(8, 200, false).dump()).string()};
  run_finetuning(settings, {});
  EXPECT_EQ(read_json("tuned/predict/predictions.json").size(), 4U);
  EXPECT_EQ(read_json("tuned/all_results.json")["train_samples"], 104);
}

TEST_F(SquadRun, MismatchedSettingsAndDataAreRefused) {
  auto settings = finetune_of("squad1");
  settings.max_train_samples = 2;
  settings.class_weights = {"0=2"};
  EXPECT_EQ(message_of([&] { run_finetuning(settings, {}); }),
            "class_weights is set, but squad1 has no classes: leave it out");
  settings.class_weights.clear();
  settings.train_files = {dir_.write("second.json", questions(3, 0, true).dump()).string()};
  EXPECT_EQ(message_of([&] { run_finetuning(settings, {}); }),
            "question 'q0' has no answer, which task squad1 does not know: take squad2");
}

TEST_F(SquadRun, ATeacherWithoutASpanHeadOrWithAnotherTokenizerIsRefused) {
  auto settings = finetune_of("squad1");
  settings.distill.teacher = path("run");
  EXPECT_EQ(message_of([&] { run_finetuning(settings, {}); }),
            fmt::format("distill.teacher {} has no head that answers questions: fine-tune a dense model on "
                        "SQuAD first",
                        path("run")));
  std::filesystem::copy(dir_ / "run", dir_ / "other");
  dir_.write("other/vocab.txt", vocabulary_text() + "more\n");
  settings.distill.teacher = path("other");
  EXPECT_EQ(message_of([&] { run_finetuning(settings, {}); }),
            fmt::format("distill.teacher {} has another vocabulary than the model: their tokens do not "
                        "correspond",
                        path("other")));
}

TEST_F(SquadRun, AVersionOneTeacherIsRefusedForVersionTwo) {
  auto settings = finetune_of("squad2");
  std::filesystem::copy(dir_ / "run", dir_ / "first");
  auto model = json::parse(read_file(dir_ / "first/config.json"));
  model["finetuning_task"] = "squad1";
  dir_.write("first/config.json", model.dump());
  settings.distill.teacher = path("first");
  EXPECT_EQ(
      message_of([&] { run_finetuning(settings, {}); }),
      fmt::format(
          "distill.teacher {} has learned squad1, where every question has an answer: fine-tune a dense "
          "model on squad2",
          path("first")));
}

TEST_F(SquadRun, WithATeacherAndSmoothedLabelsItLearnsAndResumesBitForBit) {
  auto settings = finetune_of("squad1", "nip");
  settings.output_dir = path("teacher");
  run_finetuning(settings, {});
  settings.distill = {.teacher = path("teacher"), .hidden_weight = 0.1};
  settings.label_smoothing = 0.1;
  settings.output_dir = path("tuned");
  const FinetuneOutcome outcome = run_finetuning(settings, {});
  EXPECT_GE(outcome.eval.at("eval_exact_match"), 90);
  EXPECT_GT(outcome.training.last_train.at("distill_loss"), 0);
  EXPECT_GT(outcome.training.last_train.at("hidden_loss"), 0);

  settings.output_dir = path("resumed");
  EXPECT_TRUE(run_finetuning(settings, {.stop_after_step = 7}).training.stopped);
  run_finetuning(settings, {.resume = "auto"});
  EXPECT_EQ(read_file(dir_ / "resumed/model.safetensors"), read_file(dir_ / "tuned/model.safetensors"));
}

// Six windows of nine tokens: [CLS], 2 of the question, [SEP], 4 of the context, [SEP]. All weights of the
// model are zero, so all nine tokens have equal probability and zero hidden states.
class SquadLoss : public SquadRun {
 protected:
  SquadLoss() : tokenizer_(load_tokenizer(dir_ / "vocab.txt")) {
    const std::filesystem::path files[] = {dir_.write("train.json", questions(6, 0, false).dump())};
    set_.data = read_squad(files);
    set_.features = make_squad_features(set_.data, *tokenizer_,
                                        {.max_seq_length = 16, .doc_stride = 2, .max_query_length = 4});
  }

  double loss_of(const SquadSettings& settings, const Teacher* teacher = nullptr) {
    SquadTask task(model_, *tokenizer_, set_, set_, settings, teacher);
    StepCounts counts;
    std::vector<PackedBatch> batches;
    for (const Pass& pass :
         passes_of_rank({.num_samples = task.num_samples(0), .per_pass = sequences_per_pass(settings.train)},
                        0)
             .passes) {
      batches.push_back(task.batch(0, pass));
      counts.add(batches.back());
    }
    double sum = 0;
    for (const auto& batch : batches) sum += task.loss(batch, counts, {.training = true}).loss.item<double>();
    return sum;
  }

  // Weights that give some tokens a higher probability.
  static void initialize_unevenly(Bert& model) {
    initialize(model, 3);
    const torch::NoGradGuard no_grad;
    for (auto& weight : model.named_weights()) {
      if (weight.name == "qa_outputs.weight") weight.tensor.mul_(50);
    }
  }

  ModelConfig tiny_ = {.vocab_size = 105,
                       .hidden_size = 16,
                       .num_hidden_layers = 1,
                       .num_attention_heads = 2,
                       .intermediate_size = 24,
                       .hidden_dropout_prob = 0,
                       .attention_probs_dropout_prob = 0,
                       .max_position_embeddings = 64};
  Bert model_{tiny_, {.pooler = false, .span = true}};
  std::unique_ptr<Tokenizer> tokenizer_;
  SquadSet set_;
  const std::vector<int64_t> all_ = {0, 1, 2, 3, 4, 5};
};

TEST_F(SquadLoss, IsTheMeanOverAStepForAnyMicroBatch) {
  EXPECT_NEAR(loss_of({.train = {.batch_size = 6}}), std::log(9.0), 1e-5);
  EXPECT_NEAR(loss_of({.train = {.batch_size = 6, .micro_batch_size = 4}}), std::log(9.0), 1e-5);
}

TEST_F(SquadLoss, AppliesLabelSmoothing) {
  initialize_unevenly(model_);
  const PackedBatch batch = make_squad_batch(set_.features, all_);
  const BertInputs inputs = bert_inputs(batch, torch::kCPU);
  const auto smoothed =
      span_cross_entropy(model_.span_logits(model_.encode(inputs)), inputs.layout,
                         index_tensor(batch.start_positions, torch::kCPU),
                         index_tensor(batch.end_positions, torch::kCPU), /*label_smoothing=*/0.2);
  const double wanted = smoothed.loss_sum.item<double>() / 6;
  EXPECT_NEAR(loss_of({.label_smoothing = 0.2, .train = {.batch_size = 6}}), wanted, 1e-5);
  EXPECT_GT(std::abs(loss_of({.train = {.batch_size = 6}}) - wanted), 0.01);
}

// For a student with uniform outputs and temperature T: T^2 * (ln 9 - the entropy of the teacher's softened
// distribution), averaged over starts and ends; the teacher's hidden states come from a LayerNorm, so their
// mean square is 1.
TEST_F(SquadLoss, MixesInTheTeacherLoss) {
  Bert dense(tiny_, {.pooler = false, .span = true});
  initialize_unevenly(dense);
  save_weights(dense, dir_.path());
  const DistillConfig config{.teacher = dir_.path(), .weight = 0.25, .temperature = 2, .hidden_weight = 0.5};
  const Teacher teacher(config, *tokenizer_, model_, {});

  const BertInputs inputs = bert_inputs(make_squad_batch(set_.features, all_), torch::kCPU);
  const auto logits = dense.span_logits(dense.encode(inputs)).view({6, 9, 2});
  const auto log_p = torch::log_softmax(logits / 2, 1);
  const double entropy = -(log_p.exp() * log_p).sum().item<double>() / 12;
  ASSERT_LT(entropy, std::log(9.0) - 0.1);
  const double wanted = 0.75 * std::log(9.0) + 0.25 * 4 * (std::log(9.0) - entropy) + 0.5;
  EXPECT_NEAR(loss_of({.train = {.batch_size = 6}}, &teacher), wanted, 1e-5);
  EXPECT_NEAR(loss_of({.train = {.batch_size = 6, .micro_batch_size = 4}}, &teacher), wanted, 1e-5);
}

TEST_F(SquadLoss, ReachesEveryParameter) {
  initialize(model_, 3);
  SquadTask task(model_, *tokenizer_, set_, set_, {.max_seq_length = 16});
  expect_reached_as_declared(task);
}

TEST_F(SquadLoss, OnHeldOutWindowsDoesNotDependOnThePassSize) {
  initialize_unevenly(model_);
  SquadSet many = set_;  // 42 windows: a pass of 32 and one of ten
  for (int copy = 1; copy < 7; ++copy) {
    many.features.windows.insert(many.features.windows.end(), set_.features.windows.begin(),
                                 set_.features.windows.end());
  }
  ASSERT_GT(many.features.windows.size(), 32U);
  const SquadDecoding decoding{};
  EXPECT_NEAR(answer_squad(model_, many, decoding).loss, answer_squad(model_, set_, decoding).loss, 1e-5);
}

TEST_F(SquadLoss, LogitsThatAreNotFiniteAreAnError) {
  initialize_unevenly(model_);
  const torch::NoGradGuard no_grad;
  for (auto& weight : model_.named_weights()) {
    if (weight.name == "qa_outputs.bias") weight.tensor[1] = std::nanf("");
  }
  EXPECT_EQ(
      message_of([&] { answer_squad(model_, set_, {}); }),
      "the logits of window 0 are not finite (nan): the model's weights are too large or the training has "
      "diverged; take an earlier checkpoint or lower optimizer.learning_rate");
}

// The windows of the last question contain a word that no other has: the first 40 fill a pass and start
// another.
TEST_F(SquadLoss, TheErrorNumbersANonFiniteWindowAcrossPasses) {
  initialize_unevenly(model_);
  const torch::NoGradGuard no_grad;
  for (auto& weight : model_.named_weights()) {
    if (weight.name.ends_with("word_embeddings.weight")) weight.tensor[5 + 55].fill_(std::nanf(""));
  }
  SquadSet many = set_;
  auto& windows = many.features.windows;
  ASSERT_EQ(windows.size(), 6U);
  windows.insert(windows.begin(), 35, windows.front());
  const std::string message = message_of([&] { answer_squad(model_, many, {}); });
  EXPECT_EQ(message.find("the logits of window 40 are not finite"), 0U) << message;
}

}  // namespace
}  // namespace rpp::test
