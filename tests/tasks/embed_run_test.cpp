// Runs of task embed: a sentence encoder is pruned while it learns from its dense self.
#include <gtest/gtest.h>

#include "message_of.h"
#include "small_tasks.h"
#include "tasks/embed_task.h"
#include "tasks/sentence_pooling.h"

namespace rpp::test {
namespace {

SequenceLayout layout_of(std::vector<int32_t> offsets, int64_t longest) {
  return {
      .host_cu_seqlens = offsets, .cu_seqlens = torch::tensor(offsets, torch::kInt32), .max_seqlen = longest};
}

TEST(SentenceVectors, AreTheDirectionOfTheMeanOrOfTheFirstToken) {
  const auto hidden = torch::tensor({{3.0F, 0.0F}, {0.0F, 4.0F}, {3.0F, 4.0F}, {0.0F, 2.0F}});
  const auto layout = layout_of({0, 3, 4}, 3);  // (3, 0) + (0, 4) + (3, 4) = (6, 8); (0, 2)
  const auto mean = sentence_vectors({}, hidden, layout);
  EXPECT_TRUE(mean.allclose(torch::tensor({{0.6F, 0.8F}, {0.0F, 1.0F}}))) << mean;
  const auto first = sentence_vectors({.poolings = {Pooling::cls}}, hidden, layout);
  EXPECT_TRUE(first.allclose(torch::tensor({{1.0F, 0.0F}, {0.0F, 1.0F}}))) << first;
}

TEST(SentenceVectors, ASequenceOfZerosHasNoDirectionAndNoNan) {
  EXPECT_TRUE(sentence_vectors({}, torch::zeros({2, 3}), layout_of({0, 2}, 2)).eq(0).all().item<bool>());
}

TEST(SentenceVectors, OtherPoolingsAndPromptsAreNotTrained) {
  EXPECT_EQ(message_of([] { check_trainable({.poolings = {Pooling::max}}, "m"); }),
            "m: task embed trains models that pool by cls or mean, not by others or by several");
  EXPECT_EQ(message_of([] { check_trainable({.prompt = "query: "}, "m"); }),
            "m: task embed does not train models with a prompt");
  EXPECT_EQ(message_of([] { check_trainable({}, "m"); }), "no error");
}

class EmbedRun : public FinetuneRun {
 protected:
  EmbedRun() {
    std::string texts, pairs = "sentence1\tsentence2\tscore\n", queries;
    for (int i = 0; i < 96; ++i) texts += fmt::format("w{} w{} w{}\n", i % 7, i % 11 + 20, i % 13 + 50);
    for (int i = 0; i < 12; ++i)
      pairs += fmt::format("w{} w{}\tw{} w{}\t{}\n", i, i + 1, i + i % 3, i + 2, i % 5);
    for (int i = 0; i < 6; ++i) queries += fmt::format("w{}\tw{} w{}\n", 3 * i, 3 * i, 3 * i + 40);
    dir_.write("texts.txt", texts);
    dir_.write("pairs.tsv", pairs);
    dir_.write("queries.tsv", queries);
  }

  FinetuneConfig embed_of(const std::string& method) const {
    FinetuneConfig settings = finetune_of("dense");
    settings.task = kEmbedTask;
    settings.data_dir = "";
    settings.train_files = {path("texts.txt")};
    settings.dev_files = {path("pairs.tsv")};
    settings.embed.retrieval = path("queries.tsv");
    settings.optimizer.learning_rate = 1e-3;
    settings.prune.method = prune_method(method);
    settings.prune.target_ratio = 0.5;
    settings.train.dropout = 0;
    settings.distill.weight = 1;
    settings.distill.hidden_weight = 1;
    settings.distill.hidden_layers = "all";
    settings.distill.hidden_error = "normalised";
    return settings;
  }
};

TEST_F(EmbedRun, TheModelItselfIsTheTeacherAndADenseOneHasNothingToLearn) {
  auto settings = embed_of("dense");
  settings.optimizer.learning_rate = 0;
  const FinetuneOutcome outcome = run_finetuning(settings, {});
  EXPECT_LT(outcome.training.last_train.at("vector_loss"), 1e-10);
  EXPECT_LT(outcome.training.last_train.at("hidden_loss"), 1e-10);
  for (const char* name :
       {"eval_spearman", "eval_pearson", "eval_mrr_10", "eval_recall_1", "eval_recall_10"}) {
    EXPECT_TRUE(outcome.eval.contains(name)) << name;
  }
  EXPECT_EQ(outcome.eval.at("eval_recall_10"), 1.0);  // of six documents
}

TEST_F(EmbedRun, APrunedModelComesNearItsDenseSelf) {
  auto settings = embed_of("gradual");
  settings.epochs = 1;
  const double early = run_finetuning(settings, {}).training.last_train.at("vector_loss");
  settings.epochs = 40;
  settings.output_dir = path("longer");
  const FinetuneOutcome outcome = run_finetuning(settings, {});
  EXPECT_LT(outcome.training.last_train.at("vector_loss"), early / 2);
  EXPECT_TRUE(std::filesystem::exists(dir_ / "longer/mask.safetensors"));
}

TEST_F(EmbedRun, TheSentenceTransformersFilesStayBesideTheModel) {
  auto settings = embed_of("nip");
  std::filesystem::create_directories(dir_ / "run/1_Pooling");
  dir_.write("run/modules.json",
             R"([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
                 {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])");
  dir_.write("run/1_Pooling/config.json", R"({"pooling_mode_cls_token": true})");
  run_finetuning(settings, {});
  EXPECT_EQ(read_file(dir_ / "tuned/modules.json"), read_file(dir_ / "run/modules.json"));
  EXPECT_EQ(read_file(dir_ / "tuned/1_Pooling/config.json"), read_file(dir_ / "run/1_Pooling/config.json"));
  EXPECT_EQ(read_sentence_embedding(ModelFile(dir_ / "tuned")).poolings, std::vector{Pooling::cls});
}

TEST_F(EmbedRun, ResumesFromACheckpointBitForBit) {
  auto settings = embed_of("rpp_preconditioned");
  settings.epochs = 4;
  settings.prune.rpp.rounds = 3;
  settings.train.save_every = 10;
  settings.train.keep_last = 5;
  settings.train.keep_checkpoints = true;
  run_finetuning(settings, {});
  const std::string whole = read_file(dir_ / "tuned/model.safetensors");
  const auto checkpoint = dir_ / "tuned/checkpoint-10";
  ASSERT_TRUE(std::filesystem::exists(checkpoint));
  run_finetuning(settings, {.resume = checkpoint.string()});
  EXPECT_EQ(read_file(dir_ / "tuned/model.safetensors"), whole);
}

TEST_F(EmbedRun, APrunedModelNeedsItsDenseTeacherByName) {
  const auto settings = embed_of("fixed");
  EXPECT_NE(message_of([&] { run_finetuning(settings, {}); }).find("name the dense model"),
            std::string::npos);
}

TEST_F(EmbedRun, TheLossReachesAllButThePooler) {
  const auto settings = embed_of("dense");
  const auto tokenizer = load_tokenizer(settings.model);
  const EmbedData data = load_embed_data(settings, *tokenizer);
  auto model = Bert(read_model_config(settings.model), {});
  load_weights(model, settings.model);
  Bert other(read_model_config(settings.model), {});
  initialize(other, 9);
  save_weights(other, dir_ / "run");  // another teacher
  const Teacher teacher({.teacher = settings.model, .weight = 1}, *tokenizer, model, {});
  EmbedTask task(model, *tokenizer, data, {.train = settings.train, .model_dir = settings.model}, teacher);
  expect_reached_as_declared(task);
}

}  // namespace
}  // namespace rpp::test
