// Whole pre-training runs: what they reach, that they resume bit for bit, what they refuse.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "config/load.h"
#include "model/init.h"
#include "ops/torch.h"
#include "program/log.h"
#include "prune/mask_file.h"
#include "reached.h"
#include "rpp/error.h"
#include "runs/checkpoint.h"
#include "tasks/pretrain_task.h"
#include "tasks/run.h"
#include "tiny_run.h"
#include "tokenizer_files/fingerprint.h"
#include "tokenizer_files/load_tokenizer.h"
#include "train/tensors.h"

namespace rpp::test {
namespace {

class PretrainRun : public TinyRun {
 protected:
  std::map<std::string, torch::Tensor> weights(const std::string& run) const {
    return load_tensors(dir_ / (run + "/model.safetensors"));
  }

  // The ratio of zeros over all entries of the encoder's matrices.
  double encoder_ratio(const std::string& run) const {
    int64_t zeros = 0, entries = 0;
    for (const auto& [name, tensor] : weights(run)) {
      const bool prunable = name.find("encoder.layer") != std::string::npos && tensor.dim() == 2;
      if (!prunable) continue;
      zeros += tensor.eq(0).sum().item<int64_t>();
      entries += tensor.numel();
    }
    return static_cast<double>(zeros) / static_cast<double>(entries);
  }
};

class EveryMethod : public PretrainRun, public testing::WithParamInterface<const char*> {};

TEST_P(EveryMethod, AResumedRunEqualsTheUninterruptedOneBitForBit) {
  for (const char* precision : {"fp32", "bf16"}) {
    auto settings = config(GetParam());
    settings.train.precision = precision;
    settings.prune.recovery_steps = 2;
    settings.prune.ramp.updates = 4;
    EXPECT_EQ(verify_pretraining_resume(settings, 12).difference, "") << precision;
  }
}

INSTANTIATE_TEST_SUITE_P(PretrainRun, EveryMethod,
                         testing::Values("dense", "rpp", "nip", "gradual", "movement"),
                         [](const auto& info) { return std::string(info.param); });

TEST_F(PretrainRun, AutomaticGammaResumesBitForBit) {
  auto settings = config("rpp");
  settings.prune.rpp.gamma = 0;
  EXPECT_EQ(verify_pretraining_resume(settings, 12).difference, "");
}

TEST_F(PretrainRun, RppWithAutomaticGammaReachesItsTarget) {
  auto settings = config("rpp");
  settings.prune.rpp.gamma = 0;
  settings.prune.recovery_share = 0.3;
  settings.schedule.decay_begin = 0.7;
  settings.train.steps = 40;
  run_pretraining(settings, {});
  EXPECT_NEAR(encoder_ratio("run"), 0.6, 0.005);  // 3,584 entries
  const std::string log = read_file(dir_ / "run/metrics.jsonl");
  EXPECT_NE(log.find("\"kind\":\"prune\""), std::string::npos) << log;
  EXPECT_NE(log.find("\"newly_pruned\""), std::string::npos) << log;
}

// From 60 % to 80 %: entries pruned at first are still pruned at the end.
TEST_F(PretrainRun, PruningContinuesFromAPrunedModel) {
  run_pretraining(config("nip"), {});
  const auto first = weights("run");
  auto settings = config("gradual");
  settings.model_config = "";
  settings.model = path("run");
  settings.output_dir = path("further");
  settings.prune.target_ratio = 0.8;
  run_pretraining(settings, {});
  EXPECT_NEAR(encoder_ratio("further"), 0.8, 0.002);
  for (const auto& [name, tensor] : weights("further")) {
    if (name.find("encoder.layer") == std::string::npos || tensor.dim() != 2) continue;
    EXPECT_FALSE(tensor.ne(0).logical_and(first.at(name).eq(0)).any().item<bool>()) << name;
  }
}

TEST_F(PretrainRun, TrainingReducesTheLoss) {
  auto settings = config();
  settings.train.steps = 60;
  settings.train.log_every = 5;
  settings.optimizer.learning_rate = 1e-2;
  const TrainOutcome outcome = run_pretraining(settings, {});
  EXPECT_LT(outcome.last_eval.at("mlm_loss"), std::log(90.0) - 0.1);  // 90 equally frequent words
}

TEST_F(PretrainRun, ConfiguredDropoutOverridesTheModel) {
  run_pretraining(config(), {});  // uses the model's own 0.1
  auto settings = config();
  settings.train.dropout = 0;
  settings.output_dir = path("set");
  run_pretraining(settings, {});
  dir_.write("model.yaml",
             std::string(kTinyModel) + "hidden_dropout_prob: 0\nattention_probs_dropout_prob: 0\n");
  settings.train.dropout = -1;
  settings.output_dir = path("own");
  run_pretraining(settings, {});
  EXPECT_EQ(read_file(dir_ / "set/model.safetensors"), read_file(dir_ / "own/model.safetensors"));
  EXPECT_NE(read_file(dir_ / "set/model.safetensors"), read_file(dir_ / "run/model.safetensors"));
  EXPECT_NE(read_file(dir_ / "set/config.json").find("\"hidden_dropout_prob\": 0"), std::string::npos);
}

TEST_F(PretrainRun, NipReachesItsTargetAndSavesAMatchingMask) {
  run_pretraining(config("nip"), {});
  EXPECT_NEAR(encoder_ratio("run"), 0.6, 0.002);  // rounded to whole entries in each of 12 matrices
  EXPECT_TRUE(std::filesystem::exists(dir_ / "run/mask.safetensors"));
}

TEST_F(PretrainRun, RppPrunesOnlyByItsProxAndItsZerosArePositive) {
  run_pretraining(config("rpp"), {});
  EXPECT_GT(encoder_ratio("run"), 0.1);
  EXPECT_LT(encoder_ratio("run"), 1.0);
  for (const auto& [name, tensor] : weights("run")) {
    EXPECT_FALSE(tensor.eq(0).logical_and(tensor.signbit()).any().item<bool>()) << name;
  }
}

TEST_F(PretrainRun, MicroBatchesGiveTheGradientOfTheBigBatch) {
  const std::string model =
      std::string(kTinyModel) + "hidden_dropout_prob: 0\nattention_probs_dropout_prob: 0\n";
  dir_.write("model.yaml", model);
  auto settings = config();
  settings.train.steps = 3;
  run_pretraining(settings, {});
  settings.output_dir = path("micro");
  settings.train.micro_batch_size = 3;  // 3 + 3 + 2 sequences
  run_pretraining(settings, {});
  const auto whole = weights("run"), micro = weights("micro");
  for (const auto& [name, tensor] : whole) {
    EXPECT_TRUE(torch::allclose(tensor, micro.at(name), 1e-3, 1e-4)) << name;
  }
}

TEST_F(PretrainRun, AFinishedRunKeepsTheModelAndRemovesCheckpoints) {
  auto settings = config("nip");
  settings.train.save_every = 4;
  settings.train.best_metric = "loss";
  const TrainOutcome outcome = run_pretraining(settings, {});
  EXPECT_NEAR(outcome.encoder_ratio, 0.6, 0.002);
  EXPECT_TRUE(list_checkpoints(dir_ / "run").empty());
  EXPECT_FALSE(std::filesystem::exists(dir_ / "run/best"));
  for (const char* name : {"model.safetensors", "mask.safetensors", "metrics.jsonl", "finished.json"}) {
    EXPECT_TRUE(std::filesystem::exists(dir_ / "run" / name)) << name;
  }
}

TEST_F(PretrainRun, ResumingAFinishedRunReportsIt) {
  const TrainOutcome first = run_pretraining(config(), {});
  const auto written = std::filesystem::last_write_time(dir_ / "run/model.safetensors");
  const TrainOutcome again = run_pretraining(config(), {.resume = "auto"});
  EXPECT_TRUE(again.found_finished);
  EXPECT_FALSE(again.stopped);
  EXPECT_EQ(again.counters.step, 12);
  EXPECT_EQ(again.counters.tokens, first.counters.tokens);
  EXPECT_EQ(std::filesystem::last_write_time(dir_ / "run/model.safetensors"), written);
}

TEST_F(PretrainRun, MoreStepsNeedTheCheckpointsOfTheFinishedRun) {
  auto settings = config();
  run_pretraining(settings, {});
  settings.train.steps = 20;
  EXPECT_EQ(message_of([&] { run_pretraining(settings, {.resume = "auto"}); }),
            fmt::format("{} has finished, and its checkpoints are gone: train.steps was 12, now 20 needs a "
                        "separate run, or one with train.keep_checkpoints from the start",
                        path("run")));
  settings = config();
  settings.output_dir = path("kept");
  settings.train.keep_checkpoints = true;
  run_pretraining(settings, {});
  settings.train.steps = 20;
  EXPECT_EQ(run_pretraining(settings, {.resume = "auto"}).counters.step, 20);
}

TEST_F(PretrainRun, SoftMovementReportsAMissedTarget) {
  init_logging();
  testing::internal::CaptureStderr();
  const TrainOutcome outcome = run_pretraining(config("soft_movement"), {});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_GT(std::abs(outcome.encoder_ratio - outcome.target_ratio), 0.001);
  EXPECT_NE(log.find("the encoder should have 60.00 % and has"), std::string::npos) << log;
}

TEST_F(PretrainRun, TheFirstLogLinesDescribeTheRun) {
  init_logging();
  testing::internal::CaptureStderr();
  run_pretraining(config("nip"), {});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find(fmt::format("training in {}: 12 steps of 8 sequences, fp32, 2 threads of the CPU",
                                 path("run"))),
            std::string::npos)
      << log;
  EXPECT_NE(log.find("data: "), std::string::npos) << log;
  EXPECT_NE(log.find("pruning: nip: 60.0 %"), std::string::npos) << log;
  EXPECT_NE(log.find("step 1/12 "), std::string::npos) << log;  // log_every is 20
}

TEST_F(PretrainRun, ShardsOfAnotherVocabularyAreRefused) {
  dir_.write("vocab.txt", vocabulary_text() + "extra\n");
  const std::string message = message_of([&] { run_pretraining(config(), {}); });
  EXPECT_NE(message.find("were built with another vocabulary"), std::string::npos) << message;
}

TEST_F(PretrainRun, AModelThatIsNotBertIsRefused) {
  std::filesystem::create_directories(dir_ / "gpt");
  dir_.write("gpt/config.json", R"({"model_type": "gpt2"})");
  dir_.write("gpt/vocab.txt", vocabulary_text());
  auto settings = config();
  settings.model_config.clear();
  settings.model = path("gpt");
  const std::string message = message_of([&] { run_pretraining(settings, {}); });
  EXPECT_NE(message.find("gpt2"), std::string::npos) << message;
}

TEST_F(PretrainRun, SequencesLongerThanTheModelsPositionsAreRefused) {
  auto settings = config();
  settings.data.max_seq_length = 65;
  EXPECT_EQ(message_of([&] { run_pretraining(settings, {}); }),
            "max_seq_length is 65, the model has 64 positions");
}

TEST_F(PretrainRun, ACudaGraphOnACpuIsRefused) {
  auto settings = config();
  settings.train.device = "cpu";
  settings.train.cuda_graph = true;
  EXPECT_EQ(message_of([&] { run_pretraining(settings, {}); }),
            "train.cuda_graph is true, but the run computes on the CPU: set it to false, or run on a GPU");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "run"));
}

TEST_F(PretrainRun, MoreRoundsThanStepsAreRefused) {
  auto settings = config("rpp");
  settings.prune.rpp.rounds = 40;
  EXPECT_THROW(run_pretraining(settings, {}), UsageError);
}

TEST_F(PretrainRun, ADamagedCheckpointIsRefusedWhenResuming) {
  auto settings = config("rpp");
  settings.train.save_every = 4;
  run_pretraining(settings, {.resume = "", .stop_after_step = 8});
  const auto file = dir_ / "run/checkpoint-8/training/optimizer.safetensors";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  const std::string message = message_of([&] { run_pretraining(settings, {.resume = "auto"}); });
  EXPECT_NE(message.find(fmt::format("{} is truncated", file)), std::string::npos) << message;
  EXPECT_NE(message.find("checkpoint-4"), std::string::npos) << message;
}

TEST_F(PretrainRun, AModelThatLostItsZerosIsRefusedByItsMask) {
  run_pretraining(config("nip"), {});
  auto dense = config();
  dense.output_dir = path("dense");
  run_pretraining(dense, {});
  std::filesystem::copy_file(dir_ / "run/mask.safetensors", dir_ / "dense/mask.safetensors");
  auto settings = config("fixed");
  settings.model_config.clear();
  settings.model = path("dense");
  settings.output_dir = path("again");
  const std::string message = message_of([&] { run_pretraining(settings, {}); });
  EXPECT_NE(message.find("zeros drifted"), std::string::npos) << message;
}

TEST_F(PretrainRun, ANextSentenceMetricIsRefusedWithoutNextSentencePrediction) {
  auto settings = config();
  settings.data.next_sentence = false;
  settings.train.best_metric = "nsp_accuracy";
  EXPECT_EQ(
      message_of([&] { check_pretraining(settings); }),
      "train.best_metric: no evaluation gives 'nsp_accuracy': did you mean 'mlm_accuracy'? (known: loss, "
      "mlm_loss, mlm_accuracy)");
  settings.train.best_metric = "mlm_accuracy";
  EXPECT_EQ(message_of([&] { check_pretraining(settings); }), "no error");
}

TEST_F(PretrainRun, CheckEstimatesAndWritesNothing) {
  const PreflightReport report = check_pretraining(config("rpp"));
  EXPECT_EQ(report.prunable, 2 * (4 * 16 * 16 + 2 * 16 * 24));
  EXPECT_EQ(report.steps, 12);
  EXPECT_GT(report.seconds_per_step, 0);
  EXPECT_GT(report.tokens_per_step, 8 * 3);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "run"));
  EXPECT_NE(format_preflight(report).find("rpp: 3 rounds"), std::string::npos);
}

TEST_F(PretrainRun, CheckRunsNoMoreStepsThanTheRun) {
  auto settings = config();
  settings.train.steps = 1;  // the first step is not timed
  const PreflightReport report = check_pretraining(settings);
  EXPECT_EQ(report.seconds_per_step, 0);
  EXPECT_EQ(report.tokens_per_step, 0);
  EXPECT_EQ(report.state_bytes, 4 * 4 * report.parameters);  // weights, gradients, two moments in fp32
  settings.train.steps = 2;
  EXPECT_GT(check_pretraining(settings).seconds_per_step, 0);
}

// 2 * 8 samples: passes of 5, 5, 5 and 1. The losses are summed in a different order.
TEST_F(PretrainRun, EveryHeldOutSampleCountsOnceForAnyMicroBatch) {
  auto settings = config();
  settings.train.steps = 1;
  settings.optimizer.learning_rate = 1e-9;
  const Metrics whole = run_pretraining(settings, {}).last_eval;
  for (const int64_t size : {1, 3, 5, 7}) {
    settings.train.micro_batch_size = size;
    settings.output_dir = path(fmt::format("cut-{}", size));
    const Metrics cut = run_pretraining(settings, {}).last_eval;
    ASSERT_EQ(cut.size(), whole.size());
    for (const auto& [name, value] : whole) EXPECT_NEAR(cut.at(name), value, 1e-5) << name << " " << size;
  }
}

// Without pairs no loss depends on the pooler and the next-sentence head.
TEST_F(PretrainRun, ParametersWithoutGradientKeepTheirValues) {
  run_pretraining(config(), {});
  auto settings = config("rpp");
  settings.model_config = "";
  settings.model = path("run");
  settings.output_dir = path("mlm");
  settings.data.next_sentence = false;
  settings.optimizer.weight_decay = 1;
  settings.optimizer.learning_rate = 1e-2;
  run_pretraining(settings, {});
  const auto before = weights("run"), after = weights("mlm");
  int num_unreached = 0;
  for (const auto& [name, tensor] : before) {
    const bool reached =
        name.find("pooler") == std::string::npos && name.find("seq_rel") == std::string::npos;
    num_unreached += reached ? 0 : 1;
    EXPECT_EQ(tensor.equal(after.at(name)), !reached) << name;
  }
  EXPECT_EQ(num_unreached, 4);
}

TEST_F(PretrainRun, AWarmupLongerThanAPhaseIsRefused) {
  auto settings = config("nip");  // stages of four steps
  settings.schedule.rewind = true;
  settings.schedule.warmup_steps = 4;
  EXPECT_EQ(run_pretraining(settings, {}).counters.step, 12);
  settings.schedule.warmup_steps = 5;
  settings.output_dir = path("too-long");
  EXPECT_THROW(run_pretraining(settings, {}), UsageError);
}

// Half of each matrix is zero, but nine tenths in the lower layer; the target is six tenths.
TEST_F(PretrainRun, WarnsWithBothNumbersWhenInitialZerosMissTheRatio) {
  auto settings = config("one_shot");
  settings.prune.target_ratio = 0.1;
  settings.prune.ratios = {"*.layer.0.*=0.9"};
  run_pretraining(settings, {});
  for (const auto* method : {"nip", "gradual", "movement", "one_shot"}) {
    auto further = config(method);
    further.model_config = "";
    further.model = path("run");
    further.output_dir = path(method);
    init_logging();
    testing::internal::CaptureStderr();
    run_pretraining(further, {});
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find("should have 60.00 % zeros and has 89.84 %"), std::string::npos) << log;
    EXPECT_NE(log.find("the encoder should have 60.00 % and has 75."), std::string::npos) << log;
  }
}

TEST_F(PretrainRun, TheLossReachesTheExpectedParameters) {
  for (const bool next_sentence : {true, false}) {
    auto settings = config();
    settings.data.next_sentence = next_sentence;
    const auto tokenizer = load_tokenizer(path("vocab.txt"));
    const ShardSet shards({dir_ / "shards"}, fingerprint(*tokenizer));
    const PretrainSampler sampler(shards, *tokenizer, settings.data, 1);
    Bert model(load_model_config(path("model.yaml")), {.pretraining = true});
    initialize(model, 1);
    PretrainTask task(model, *tokenizer, sampler, nullptr, settings.train);
    EXPECT_EQ(task.reaches("bert.pooler.dense.weight"), next_sentence);
    expect_reached_as_declared(task);
  }
}

}  // namespace
}  // namespace rpp::test
