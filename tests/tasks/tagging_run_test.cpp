// Whole runs of token classification: words from w50 on are names of persons and places.
#include <fmt/ranges.h>

#include "data/tag_data.h"
#include "model/heads_of.h"
#include "small_tasks.h"
#include "tasks/tagging_task.h"

namespace rpp::test {
namespace {

std::string tag_of(int word) {
  if (word < 50) return "O";
  if (word < 65) return "B-PER";
  return word < 80 ? "I-PER" : "B-LOC";
}

// Sentences of two to seven words.
std::string tagged_sentences(int count, int first) {
  std::string text;
  for (int i = first; i < first + count; ++i) {
    for (int word = 0; word < 2 + i % 6; ++word) {
      const int number = (i * 37 + word * word * 11 + word * i) % 100;
      text += fmt::format("w{} {}\n", number, tag_of(number));
    }
    text += "\n";
  }
  return text;
}

class TaggingRun : public FinetuneRun {
 protected:
  FinetuneConfig tags_of(const std::string& method) const {
    FinetuneConfig settings = finetune_of(method);
    std::filesystem::create_directories(dir_ / "tags");
    dir_.write("tags/train.conll", tagged_sentences(192, 0));
    dir_.write("tags/dev.conll", tagged_sentences(40, 700));
    settings.task = "custom";
    settings.custom.token_classification = true;
    settings.data_dir = path("tags");
    settings.optimizer.learning_rate = 1e-2;
    return settings;
  }
};

TEST_F(TaggingRun, LearnsTheTagsAndWritesItsResults) {
  auto settings = tags_of("dense");
  dir().write("tags/test.jsonl",
              "{\"tokens\": [\"w51\", \"w70\", \"w1\"]}\n{\"tokens\": [\"w2\", \"w90\"]}\n");
  const FinetuneOutcome outcome = run_finetuning(settings, {});
  EXPECT_GT(outcome.eval.at("eval_f1"), 0.95);
  EXPECT_GT(outcome.eval.at("eval_accuracy"), 0.95);
  EXPECT_EQ(results()["eval_samples"], 40);
  EXPECT_EQ(results()["train_samples"], 192);
  for (const char* name : {"eval_precision", "eval_recall", "eval_loss"}) {
    EXPECT_TRUE(results().contains(name)) << name;
  }
  const auto config = model_config("tuned");
  EXPECT_EQ(config["architectures"][0], "BertForTokenClassification");
  EXPECT_EQ(config["id2label"], nlohmann::json({{"0", "B-LOC"}, {"1", "B-PER"}, {"2", "I-PER"}, {"3", "O"}}));
  EXPECT_FALSE(config.contains("problem_type"));
  EXPECT_EQ(heads_of(dir_ / "tuned").num_token_labels, 4);
  EXPECT_EQ(read_file(dir_ / "tuned/predict_results_custom.conll"),
            "w51\tB-PER\nw70\tI-PER\nw1\tO\n\nw2\tO\nw90\tB-LOC\n\n");
  const std::string predictions = read_file(dir_ / "tuned/eval_predictions_custom.conll");
  EXPECT_EQ(std::ranges::count(predictions, '\n'), std::ranges::count(tagged_sentences(40, 700), '\n'));
  EXPECT_TRUE(predictions.starts_with("w0\tO\tO\nw11\tO\tO\n")) << predictions;
}

TEST_F(TaggingRun, ZerosOfAPrunedModelAreKept) {
  run_finetuning(tags_of("nip"), {});
  const auto before = load_tensors(dir_ / "run/model.safetensors");
  const auto after = load_tensors(dir_ / "tuned/model.safetensors");
  int64_t zeros = 0;
  for (const auto& [name, tensor] : before) {
    if (name.find("encoder.layer") == std::string::npos || tensor.dim() != 2) continue;
    EXPECT_TRUE(after.at(name).eq(0).equal(tensor.eq(0))) << name;
    zeros += tensor.eq(0).sum().item<int64_t>();
  }
  EXPECT_GT(zeros, 1000);
  EXPECT_FALSE(after.contains("bert.pooler.dense.weight"));
}

// Micro-batches have different numbers of words; the loss is the mean over the words of the step.
TEST_F(TaggingRun, MicroBatchesHaveTheGradientOfTheBatch) {
  auto settings = tags_of("dense");
  settings.epochs = 1;
  settings.train.dropout = 0;
  run_finetuning(settings, {});
  settings.train.micro_batch_size = 3;
  settings.output_dir = path("micro");
  run_finetuning(settings, {});
  const auto whole = load_tensors(dir_ / "tuned/model.safetensors");
  for (const auto& [name, tensor] : load_tensors(dir_ / "micro/model.safetensors")) {
    EXPECT_TRUE(tensor.allclose(whole.at(name), 1e-3, 1e-4)) << name;
  }
}

TEST_F(TaggingRun, ATaggerStartsAnotherRunWithItsClassifier) {
  auto settings = tags_of("dense");
  run_finetuning(settings, {});
  settings.model = path("tuned");
  settings.output_dir = path("again");
  settings.custom.labels = {"O", "B-PER", "I-PER", "B-LOC"};  // another order
  settings.epochs = 1;
  settings.optimizer.learning_rate = 0;
  EXPECT_GT(run_finetuning(settings, {}).eval.at("eval_f1"), 0.95);
  EXPECT_EQ(read_file(dir_ / "again/eval_predictions_custom.conll"),
            read_file(dir_ / "tuned/eval_predictions_custom.conll"));
}

// Both have a classifier of as many rows.
TEST_F(TaggingRun, AClassifierOfTextsIsReplaced) {
  auto settings = tags_of("dense");
  FinetuneConfig texts = settings;
  texts.task = "sst2";
  texts.custom = {};
  texts.data_dir = dir_.path();
  texts.epochs = 1;
  run_finetuning(texts, {});
  settings.model = path("tuned");
  settings.output_dir = path("tags-of-it");
  settings.custom.labels = {"0", "1"};
  dir().write("tags/train.conll", "w1 0\nw60 1\n");
  dir().write("tags/dev.conll", "w1 0\nw60 1\n");
  settings.epochs = 1;
  settings.optimizer.learning_rate = 0;
  run_finetuning(settings, {});
  const auto before = load_tensors(dir_ / "tuned/model.safetensors");
  const auto after = load_tensors(dir_ / "tags-of-it/model.safetensors");
  EXPECT_EQ(before.at("classifier.weight").sizes(), after.at("classifier.weight").sizes());
  EXPECT_FALSE(before.at("classifier.weight").equal(after.at("classifier.weight")));
}

TEST_F(TaggingRun, LearnsFromATeacher) {
  auto settings = tags_of("dense");
  run_finetuning(settings, {});
  settings.output_dir = path("student");
  settings.distill.teacher = path("tuned");
  settings.distill.weight = 1;
  settings.distill.hidden_weight = 0.1;
  const FinetuneOutcome outcome = run_finetuning(settings, {});
  EXPECT_GT(outcome.eval.at("eval_f1"), 0.95);
  EXPECT_TRUE(outcome.training.last_train.contains("distill_loss"));
}

TEST_F(TaggingRun, ATeacherOfOtherTagsIsRefused) {
  auto settings = tags_of("dense");
  settings.epochs = 1;
  run_finetuning(settings, {});
  settings.output_dir = path("student");
  settings.distill.teacher = path("tuned");
  settings.custom.labels = {"O", "B-PER", "I-PER", "B-LOC"};
  EXPECT_EQ(message_of([&] { run_finetuning(settings, {}); }),
            fmt::format("distill.teacher {} has the labels (B-LOC, B-PER, I-PER, O), custom has (O, B-PER, "
                        "I-PER, B-LOC): fine-tune a dense model on the task first",
                        path("tuned")));
}

TEST_F(TaggingRun, ClassWeightsAndSmoothingApplyToTags) {
  auto settings = tags_of("dense");
  settings.class_weights = {"B-PER=2"};
  settings.label_smoothing = 0.05;
  settings.train.eval_every = 12;
  settings.train.best_metric = "f1";
  EXPECT_GT(run_finetuning(settings, {}).eval.at("eval_f1"), 0.9);
  settings.class_weights = {"B-PERS=2"};
  settings.output_dir = path("o");
  EXPECT_EQ(message_of([&] { run_finetuning(settings, {}); }),
            "class_weights: the task has no label 'B-PERS': did you mean 'B-PER'?");
}

}  // namespace
}  // namespace rpp::test
