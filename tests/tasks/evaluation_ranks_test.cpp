// Evaluations that several ranks divide among them, as threads.
#include "config/load.h"
#include "dist/thread_ranks.h"
#include "small_tasks.h"

namespace rpp::test {
namespace {

struct Evaluation {
  Metrics metrics;
  std::vector<torch::Tensor> logits;
};

// 190 examples are three passes: with four ranks the first has none.
TEST_F(FinetuneRun, ADividedEvaluationHasTheBitsOfOneProcess) {
  dir().write("dev.tsv", task_rows(190, 500));
  FinetuneConfig settings;
  settings.task = "sst2";
  settings.data_dir = dir().path();
  settings.max_seq_length = 16;
  const auto tokenizer = load_tokenizer(dir() / "vocab.txt");
  const GlueTask glue = finetuning_task(settings);
  const FinetuneData data = load_finetune_data(settings, glue, *tokenizer);
  Bert model(load_model_config(dir() / "model.yaml"), {.num_labels = 2});
  initialize(model, 1);
  const auto evaluate = [&](Communicator& ranks) {
    at::set_num_threads(1);
    FinetuneTask task(model, *tokenizer, glue, data, settings.train, {}, nullptr, ranks);
    const Metrics metrics = task.evaluate();
    return Evaluation{metrics, task.dev_logits()};
  };
  const Evaluation one = evaluate(single_process());
  EXPECT_EQ(one.logits.front().size(0), 190);
  for (const int64_t size : {2, 4}) {
    for (const auto& rank : on_thread_ranks<Evaluation>(size, evaluate)) {
      EXPECT_EQ(rank.metrics, one.metrics) << size;
      EXPECT_TRUE(rank.logits.front().equal(one.logits.front())) << size;
    }
  }
}

}  // namespace
}  // namespace rpp::test
