// The work that a CUDA graph repeats; on a CPU it is computed again each time, on a GPU by the graph itself.
#include "tasks/graphed_pass.h"
#include "bert_format/model_config.h"

#include "data/pretrain_sampler.h"
#include "model/init.h"
#include "ops/torch.h"
#include "rpp/flat_params.h"
#include "tasks/pretrain_task.h"
#include "tiny_run.h"
#include "tokenizer_files/fingerprint.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp::test {
namespace {

ModelConfig model_config(double attention_dropout) {
  ModelConfig config;
  config.vocab_size = 105;
  config.hidden_size = 16;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 2;
  config.intermediate_size = 24;
  config.max_position_embeddings = 64;
  config.attention_probs_dropout_prob = attention_dropout;
  return config;
}

// A model with gradients in one flat buffer, as the trainer sets them up.
struct Student {
  Student(const ModelConfig& config, Precision precision, const torch::Device& device)
      : model(config, {.pretraining = true}, device) {
    initialize(model, 1);
    params.emplace(model.param_specs(), precision);
    params->zero_grad();
  }
  Bert model;
  std::optional<FlatParams> params;
};

class GraphedPassTest : public TinyRun {
 protected:
  GraphedPassTest()
      : tokenizer_(load_tokenizer(dir_ / "vocab.txt")),
        shards_({dir_ / "shards"}, fingerprint(*tokenizer_)),
        sampler_(shards_, *tokenizer_, config().data, 7) {}

  // `micro_batches` of four sequences for one step.
  std::vector<PackedBatch> batches(int64_t step, int64_t micro_batches) const {
    std::vector<PackedBatch> batches;
    for (int64_t i = 0; i < micro_batches; ++i) batches.push_back(sampler_.batch(step, 4 * i, 4));
    return batches;
  }

  PretrainTask task(Student& student, bool cuda_graph) const {
    TrainConfig train;
    train.batch_size = 4;
    train.cuda_graph = cuda_graph;
    return {student.model, *tokenizer_, sampler_, nullptr, train};
  }

  // Losses and summed gradients of two steps of two micro-batches. All batches differ in shape.
  static NamedTensors run(Task& task, Student& student, const std::vector<std::vector<PackedBatch>>& steps) {
    NamedTensors results;
    uint64_t seed = 3;
    for (const auto& step : steps) {
      StepCounts counts;
      for (const auto& batch : step) counts.add(batch);
      student.params->zero_grad();
      for (const auto& batch : step) {
        const auto loss = task.add_gradients(batch, counts, {.training = true, .dropout_seed = seed++});
        EXPECT_FALSE(loss.loss.requires_grad());
        results.emplace_back("loss", loss.loss.cpu());
        for (const auto& [name, value] : loss.parts) results.emplace_back(name, value.cpu());
      }
      results.emplace_back("gradients", student.params->grads().cpu().clone());
    }
    return results;
  }

  void expect_graphed_equals_eager(double attention_dropout, Precision precision, const torch::Device& device,
                                   double tolerance) const {
    Student plain(model_config(attention_dropout), precision, device);
    Student graphed(model_config(attention_dropout), precision, device);
    auto eager_task = task(plain, false), graphed_task = task(graphed, true);
    const std::vector<std::vector<PackedBatch>> steps = {batches(0, 2), batches(1, 2)};
    const auto wanted = run(eager_task, plain, steps), got = run(graphed_task, graphed, steps);
    ASSERT_EQ(got.size(), wanted.size());
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].first, wanted[i].first);
      const auto difference =
          (got[i].second - wanted[i].second).norm() / wanted[i].second.norm().clamp_min(1e-6);
      EXPECT_LT(difference.item<double>(), tolerance) << got[i].first << " " << i;
    }
  }

  std::unique_ptr<Tokenizer> tokenizer_;
  ShardSet shards_;
  PretrainSampler sampler_;
};

TEST_F(GraphedPassTest, FixedShapeBatchesKeepLossesAndGradients) {
  expect_graphed_equals_eager(0.1, Precision::fp32, torch::kCPU, 1e-5);
  expect_graphed_equals_eager(0.1, Precision::bf16, torch::kCPU, 2e-2);
}

TEST_F(GraphedPassTest, SingleTextsHaveNoNextSentenceLoss) {
  auto data = config().data;
  data.next_sentence = false;
  sampler_ = PretrainSampler(shards_, *tokenizer_, data, 7);
  expect_graphed_equals_eager(0.1, Precision::fp32, torch::kCPU, 1e-5);
}

TEST_F(GraphedPassTest, AReplayedGraphEqualsAnEagerPass) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  expect_graphed_equals_eager(0.0, Precision::fp32, torch::kCUDA, 1e-4);
  expect_graphed_equals_eager(0.0, Precision::bf16, torch::kCUDA, 2e-2);
}

TEST_F(GraphedPassTest, AReplayIsDeterministicForItsSeed) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  const std::vector<std::vector<PackedBatch>> steps = {batches(0, 2)};
  std::array<torch::Tensor, 2> gradients;
  for (auto& gradient : gradients) {
    Student student(model_config(0.1), Precision::bf16, torch::kCUDA);
    auto graphed = task(student, true);
    gradient = run(graphed, student, steps).back().second;
  }
  EXPECT_TRUE(torch::equal(gradients[0], gradients[1]));
}

TEST_F(GraphedPassTest, EverySamplerBatchFitsItsShape) {
  for (const int64_t count : {1, 5}) {
    const auto shape = sampler_.shape(count);
    for (int64_t step = 0; step < 100; ++step) {
      const auto batch = fill_up(sampler_.batch(step, 0, count), shape);
      EXPECT_EQ(batch.num_tokens(), 32 * count);
      EXPECT_EQ(static_cast<int64_t>(batch.mlm_labels.size()), 5 * count);
    }
  }
}

TEST_F(GraphedPassTest, SettingsThatAGraphCannotRunAreRefused) {
  const Bert model(model_config(0.1), {.pretraining = true});
  const auto refusal = [&](TrainConfig train) {
    train.cuda_graph = true;
    return message_of([&] { check_cuda_graph(model, train); });
  };
  EXPECT_EQ(refusal({}),
            "train.cuda_graph is true, but the run computes on the CPU: set it to false, or run on a GPU");
  EXPECT_EQ(refusal({.activation_checkpointing = true}),
            "train.cuda_graph and train.activation_checkpointing go together only where the model's "
            "attention_probs_dropout_prob is 0: set one of them to false");
  EXPECT_EQ(message_of([&] { check_cuda_graph(model, {}); }), "no error");
}

}  // namespace
}  // namespace rpp::test
