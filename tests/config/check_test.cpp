#include "config_files.h"

namespace rpp {
namespace {

using CheckTest = ConfigFiles;

TEST_F(CheckTest, AllMissingKeysAreNamedInOneMessage) {
  EXPECT_EQ(
      pretrain_error(""),
      "rpp.yaml: missing: model or model_config, output_dir, data.train (write it into the file, or pass "
      "--set key=value)");
  EXPECT_EQ(finetune_error("model: bert\n"),
            "rpp.yaml: missing: task, data_dir (or train_files and dev_files), output_dir (write it into the "
            "file, or pass --set key=value)");
}

TEST_F(CheckTest, WithoutAFileTheMessageNamesNoFile) {
  EXPECT_EQ(error_of([] {
              load_finetune_config("", std::vector<std::string>{"task=sst2", "data_dir=d", "model=m"});
            }),
            "missing: output_dir (write it into the file, or pass --set key=value)");
}

TEST_F(CheckTest, ModelAndModelConfigExcludeEachOther) {
  EXPECT_EQ(
      pretrain_error(kPretrain, {"model_config=tiny.yaml"}),
      "--set model_config=tiny.yaml: model and model_config are both set: keep model to continue from its "
      "weights, or model_config to start from random ones");
}

TEST_F(CheckTest, RandomWeightsNeedATokenizer) {
  EXPECT_EQ(pretrain_error("model_config: tiny.yaml\noutput_dir: out\ndata: {train: a}\n"),
            "rpp.yaml:1: tokenizer is not set: a model that starts from model_config has none");
}

TEST_F(CheckTest, FixedWithRandomWeightsNeedsAMask) {
  const std::string text =
      "model_config: tiny.yaml\ntokenizer: vocab.txt\noutput_dir: out\ndata: {train: a}\n";
  EXPECT_EQ(pretrain_error(text + "prune: {method: fixed}\n"),
            "rpp.yaml:5: prune.method is fixed, but random weights have no zeros to hold: set prune.mask, or "
            "continue from a pruned model");
  EXPECT_EQ(pretrain_error(text + "prune: {method: fixed, mask: mask.safetensors}\n"), "no error");
}

TEST_F(CheckTest, TheOutputDirectoryMustNotBeTheModelDirectory) {
  EXPECT_EQ(pretrain_error(kPretrain, {"output_dir=./bert/"}),
            "--set output_dir=./bert/: output_dir is the directory of the model itself: choose another one");
  EXPECT_EQ(finetune_error(kFinetune, {"output_dir=bert"}),
            "--set output_dir=bert: output_dir is the directory of the model itself: choose another one");
}

TEST_F(CheckTest, NamedFilesReplaceTheDataDirectory) {
  const std::string text = "task: sst2\nmodel: bert\noutput_dir: out\n";
  EXPECT_EQ(finetune_error(text + "train_files: a.tsv\ndev_files: b.tsv\n"), "no error");
  EXPECT_EQ(
      finetune_error(text + "train_files: a.tsv\n"),
      "rpp.yaml: missing: data_dir (or train_files and dev_files) (write it into the file, or pass --set "
      "key=value)");
}

TEST_F(CheckTest, FilesThatCanBeReadOnlyOnceAreRefusedAsData) {
  EXPECT_EQ(
      finetune_error(kFinetune + "dev_files: [dev.tsv, /dev/null]\n"),
      "rpp.yaml:5: /dev/null can be read only once, training reads its files again when it is resumed: write "
      "it to a file first");
  for (const char* key : {"train_files", "dev_files", "test_files"}) {
    EXPECT_EQ(
        finetune_error(kFinetune, {fmt::format("{}=[/dev/null]", key)}).find("--set " + std::string(key)),
        0U);
  }
}

TEST_F(CheckTest, CustomTaskKeysBelongToTheCustomTask) {
  EXPECT_EQ(finetune_error(kFinetune, {"custom.label=stars"}),
            "rpp.yaml:1: task is sst2, but custom describes another task: set task to custom");
  EXPECT_EQ(finetune_error(kFinetune, {"task=custom", "custom.label=stars"}), "no error");
  EXPECT_EQ(finetune_error(kFinetune, {"task=custom", "custom.labels=[a, b]", "custom.regression=true"}),
            "--set custom.labels=[a, b]: custom.labels is set, but a regression has none: leave one out");
  EXPECT_EQ(finetune_error(kFinetune, {"task=custom", "custom.labels=[a]"}),
            "--set custom.labels=[a]: custom.labels has one label only: a classification needs two");
  EXPECT_EQ(finetune_error(kFinetune,
                           {"task=custom", "custom.multi_label=true", "custom.token_classification=true"}),
            "--set custom.token_classification=true: custom.regression, custom.multi_label and "
            "custom.token_classification exclude each other: set one of them");
  EXPECT_EQ(finetune_error(kFinetune, {"task=custom", "custom.token_classification=true", "custom.label=x"}),
            "--set custom.label=x: custom.label is set, but token classification reads words and their tags: "
            "leave it out");
  EXPECT_EQ(finetune_error(kFinetune, {"task=custom", "custom.tag_column=1"}),
            "--set custom.tag_column=1: custom.tag_column is set, but custom.token_classification is not: "
            "leave it out");
  EXPECT_EQ(finetune_error(kFinetune, {"task=custom", "custom.label_separator=;"}),
            "--set custom.label_separator=;: custom.label_separator is set, but custom.multi_label is not: "
            "leave it out");
  EXPECT_EQ(
      finetune_error(kFinetune, {"task=custom", "custom.token_classification=true", "custom.tag_column=1"}),
      "no error");
}

TEST_F(CheckTest, MethodsThatReachATargetRatioRequireIt) {
  for (const std::string method : {"rpp", "nip", "gradual", "one_shot", "movement"}) {
    EXPECT_EQ(
        pretrain_error(kPretrain + "prune:\n  method: " + method + "\n  target_ratio: 0\n"),
        "rpp.yaml:9: prune.method is " + method +
            ", but prune.target_ratio is 0 and would prune nothing: set it, or set prune.method to dense");
  }
  EXPECT_EQ(pretrain_error(kPretrain, {"prune.method=nip", "prune.target_ratio=1.5"}),
            "--set prune.target_ratio=1.5: prune.target_ratio is 1.5, it must be at least 0 and less than 1");
}

TEST_F(CheckTest, MethodsThatDeriveTheirRatioNeedNoTarget) {
  for (const std::string method : {"dense", "fixed", "soft_movement"}) {
    EXPECT_EQ(pretrain_error(kPretrain, {"prune.method=" + method, "prune.target_ratio=0"}), "no error");
  }
  EXPECT_EQ(pretrain_error(kPretrain, {"prune.method=rpp", "prune.target_ratio=0", "prune.gamma=1e-4"}),
            "no error");
  EXPECT_EQ(finetune_error(kFinetune, {"prune.method=nip", "prune.target_ratio=0"}),
            "--set prune.target_ratio=0: prune.method is nip, but prune.target_ratio is 0 and would prune "
            "nothing: set it, or set prune.method to dense");
}

TEST_F(CheckTest, FisherImportanceNeedsGradientsBeforeOneShotPrunes) {
  const std::vector<std::string> at_start = {"prune.method=one_shot", "prune.importance=fisher"};
  EXPECT_EQ(pretrain_error(kPretrain, at_start),
            "--set prune.importance=fisher: prune.importance is fisher, but prune.prune_at is 0: before the "
            "first step "
            "there are no gradients; set it to a later part of the run");
  EXPECT_EQ(pretrain_error(kPretrain, {at_start[0], at_start[1], "prune.prune_at=0.1"}), "no error");
  EXPECT_EQ(pretrain_error(kPretrain, {"prune.method=nip", at_start[1]}), "no error");
}

TEST_F(CheckTest, ARampStartsBeforeTheRecovery) {
  for (const std::string method : {"gradual", "movement", "soft_movement"}) {
    const std::string set = "prune.method=" + method;
    EXPECT_EQ(pretrain_error(kPretrain, {set, "prune.ramp_begin=0.8"}),
              "--set prune.ramp_begin=0.8: prune.ramp_begin is 0.8, it must be less than 0.7, where the "
              "recovery starts");
    EXPECT_EQ(pretrain_error(kPretrain, {set, "prune.ramp_begin=0.7"}),
              "--set prune.ramp_begin=0.7: prune.ramp_begin is 0.7, it must be less than 0.7, where the "
              "recovery starts");
    EXPECT_EQ(pretrain_error(kPretrain, {set, "prune.ramp_begin=0.69"}), "no error");
  }
  EXPECT_EQ(pretrain_error(kPretrain, {"prune.method=nip", "prune.ramp_begin=0.8"}), "no error");
}

TEST_F(CheckTest, BlocksHaveFourEightOrSixteenWeightsAndAMethodThatPrunesThem) {
  for (const std::string method : {"rpp", "rpp_preconditioned", "nip", "gradual", "one_shot", "dense"}) {
    EXPECT_EQ(pretrain_error(kPretrain, {"prune.method=" + method, "prune.block=8"}), "no error");
  }
  EXPECT_EQ(pretrain_error(kPretrain, {"prune.method=rpp", "prune.block=5"}),
            "--set prune.block=5: prune.block is 5, it must be 1, 4, 8 or 16");
  for (const std::string method : {"movement", "soft_movement"}) {
    EXPECT_EQ(pretrain_error(kPretrain, {"prune.method=" + method, "prune.block=4"}),
              "--set prune.block=4: prune.block is 4, but prune.method " + method +
                  " prunes single weights: set it to 1");
  }
  EXPECT_EQ(
      finetune_error(kFinetune, {"prune.method=fixed", "prune.block=4"}),
      "--set prune.block=4: prune.block is 4, but prune.method fixed prunes single weights: set it to 1");
}

TEST_F(CheckTest, OnlyTheFixedMethodTakesAMask) {
  EXPECT_EQ(pretrain_error(kPretrain, {"prune.method=fixed", "prune.mask=m.safetensors"}), "no error");
  EXPECT_EQ(
      pretrain_error(kPretrain, {"prune.mask=m.safetensors"}),
      "--set prune.mask=m.safetensors: prune.mask is set, but prune.method is dense and takes none: set "
      "prune.method to fixed");
}

TEST_F(CheckTest, AMicroBatchNeedNotDivideTheBatchButMustNotExceedIt) {
  EXPECT_EQ(pretrain_error(kPretrain, {"train.batch_size=32", "train.micro_batch_size=5"}), "no error");
  EXPECT_EQ(pretrain_error(kPretrain, {"train.micro_batch_size=32"}), "no error");
  for (const auto& error : {pretrain_error(kPretrain, {"train.micro_batch_size=33"}),
                            finetune_error(kFinetune, {"train.micro_batch_size=33"})}) {
    EXPECT_EQ(
        error,
        "--set train.micro_batch_size=33: train.micro_batch_size is 33, it must be at most train.batch_size, "
        "which is 32");
  }
}

TEST_F(CheckTest, ACudaGraphNeedsPreTrainingWithOneMicroBatchAndNoTeacher) {
  EXPECT_EQ(pretrain_error(kPretrain, {"train.cuda_graph=true", "train.micro_batch_size=8"}), "no error");
  EXPECT_EQ(
      pretrain_error(kPretrain, {"train.cuda_graph=true", "train.micro_batch_size=5"}),
      "--set train.micro_batch_size=5: train.micro_batch_size is 5, with train.cuda_graph it must divide "
      "train.batch_size, which is 32");
  EXPECT_EQ(pretrain_error(kPretrain, {"train.cuda_graph=true", "distill.teacher=bert"}),
            "--set train.cuda_graph=true: train.cuda_graph does not go together with distill.teacher: leave "
            "one of them out");
  EXPECT_EQ(finetune_error(kFinetune, {"train.cuda_graph=true"}),
            "--set train.cuda_graph=true: train.cuda_graph is for pre-training alone: leave it out");
}

TEST_F(CheckTest, ATeacherWithoutAnyLossWeightIsRefused) {
  const std::string message =
      "--set distill.teacher=bert: distill.teacher is bert, but distill.weight and distill.hidden_weight are "
      "0: it would have no effect; leave it out or set one of them";
  EXPECT_EQ(pretrain_error(kPretrain, {"distill.teacher=bert", "distill.weight=0"}), message);
  EXPECT_EQ(finetune_error(kFinetune, {"distill.teacher=bert", "distill.weight=0"}), message);
  const std::vector<std::string> hidden_states = {"distill.teacher=bert", "distill.weight=0",
                                                  "distill.hidden_weight=1"};
  EXPECT_EQ(pretrain_error(kPretrain, hidden_states), "no error");
}

TEST_F(CheckTest, WarmupMustNotExceedTheSteps) {
  EXPECT_EQ(
      pretrain_error(kPretrain, {"schedule.warmup_steps=1001"}),
      "--set schedule.warmup_steps=1001: schedule.warmup_steps is 1001, it must be at most train.steps, "
      "which is 1000");
  EXPECT_EQ(pretrain_error(kPretrain, {"schedule.warmup_steps=1000"}), "no error");
}

TEST_F(CheckTest, ALongSequenceNeedsMorePredictions) {
  EXPECT_EQ(
      pretrain_error(kPretrain, {"data.max_seq_length=512"}),
      "rpp.yaml: data.max_predictions is 20, but data.mask_prob 0.15 of 512 tokens makes 77: set it to as "
      "many or more");
  EXPECT_NE(pretrain_error(kPretrain, {"data.max_seq_length=512", "data.max_predictions=76"}), "no error");
  EXPECT_EQ(pretrain_error(kPretrain, {"data.max_seq_length=512", "data.max_predictions=77"}), "no error");
}

TEST_F(CheckTest, HeldOutTextMustDifferFromTrainingText) {
  EXPECT_EQ(
      pretrain_error(kPretrain, {"data.valid=./shards"}),
      "--set data.valid=./shards: data.valid holds ./shards, which data.train holds too: evaluate on other "
      "text");
  EXPECT_EQ(pretrain_error(kPretrain, {"data.valid=other"}), "no error");
}

TEST_F(CheckTest, EachHeldOutTextIsComparedWithEachTrainingText) {
  const std::vector<std::string> settings = {"data.train=[a, b, c]", "data.valid=[d, c]"};
  EXPECT_EQ(
      pretrain_error(kPretrain, settings),
      "--set data.valid=[d, c]: data.valid holds c, which data.train holds too: evaluate on other text");
}

TEST_F(CheckTest, FineTuningDerivesStepsFromEpochs) {
  EXPECT_EQ(finetune_error(kFinetune + "train:\n  steps: 100\n"),
            "rpp.yaml:6: epochs decides train.steps in fine-tuning: set epochs instead");
  EXPECT_EQ(finetune_error(kFinetune + "epochs: 3\n", {"train.steps=5"}),
            "--set train.steps=5: epochs decides train.steps in fine-tuning: set epochs instead");
}

TEST_F(CheckTest, HeadsMustDivideTheHiddenSize) {
  EXPECT_EQ(model_error("hidden_size: 100\n"),
            "rpp.yaml: hidden_size is 100, it must be a multiple of num_attention_heads, which is 12");
}

TEST_F(CheckTest, ThePaddingTokenMustBeInTheVocabulary) {
  EXPECT_EQ(model_error("vocab_size: 100\npad_token_id: 100\n"),
            "rpp.yaml: pad_token_id is 100, it must be less than vocab_size, which is 100");
  EXPECT_EQ(model_error("vocab_size: 100\npad_token_id: 99\n"), "no error");
}

TEST_F(CheckTest, PatienceNeedsAMetricAndEvaluations) {
  EXPECT_EQ(finetune_error(kFinetune, {"train.patience=2"}),
            "--set train.patience=2: train.patience is 2, but train.best_metric is not set: name one");
  EXPECT_EQ(finetune_error(kFinetune, {"train.best_metric=f1", "train.patience=2", "train.eval_every=0"}),
            "--set train.patience=2: train.patience is 2, but train.eval_every is 0: set it to steps");
  EXPECT_EQ(finetune_error(kFinetune, {"train.best_metric=f1", "train.patience=2"}), "no error");
  EXPECT_EQ(pretrain_error(kPretrain, {"train.patience=1"}),
            "--set train.patience=1: train.patience is 1, but train.best_metric is not set: name one");
}

TEST_F(CheckTest, RppThatFindsItsGammaNeedsOneLearningRate) {
  EXPECT_EQ(
      finetune_error(kFinetune, {"prune.method=rpp", "optimizer.layer_decay=0.9"}),
      "--set optimizer.layer_decay=0.9: optimizer.layer_decay is 0.9, but prune.method rpp finds its gamma "
      "for one learning rate: set prune.gamma, or leave layer_decay at 1");
  const std::vector<std::string> given_gamma = {"prune.method=rpp", "optimizer.layer_decay=0.9",
                                                "prune.gamma=1e-4"};
  EXPECT_EQ(finetune_error(kFinetune, given_gamma), "no error");
  EXPECT_EQ(finetune_error(kFinetune, {"prune.method=nip", "optimizer.layer_decay=0.9"}), "no error");
  EXPECT_NE(pretrain_error(kPretrain, {"prune.method=rpp", "optimizer.layer_decay=0.9"}), "no error");
}

TEST_F(CheckTest, VirtualRanksAreAPowerOfTwo) {
  EXPECT_EQ(pretrain_error(kPretrain, {"dist.virtual_ranks=6"}),
            "--set dist.virtual_ranks=6: dist.virtual_ranks is 6, it must be a power of two: set it to 8");
  EXPECT_EQ(finetune_error(kFinetune, {"dist.virtual_ranks=3"}),
            "--set dist.virtual_ranks=3: dist.virtual_ranks is 3, it must be a power of two: set it to 4");
  for (const char* power : {"1", "2", "64"}) {
    EXPECT_EQ(pretrain_error(kPretrain, {std::string("dist.virtual_ranks=") + power}), "no error");
  }
}

TEST_F(CheckTest, DeterministicRanksNeedAFixedNumberOfThreads) {
  const std::string message =
      "--set dist.deterministic=true: dist.deterministic is true, but train.num_threads is 0, which shares "
      "the "
      "cores among the processes; results depend on the number of threads: set it, for example to 1";
  EXPECT_EQ(pretrain_error(kPretrain, {"dist.deterministic=true"}), message);
  EXPECT_EQ(finetune_error(kFinetune, {"dist.deterministic=true"}), message);
  EXPECT_EQ(pretrain_error(kPretrain, {"dist.deterministic=true", "train.num_threads=2"}), "no error");
}

TEST_F(CheckTest, DeterministicRanksNeedASequenceForEachVirtualRank) {
  const std::vector<std::string> settings = {"train.num_threads=1", "train.batch_size=7",
                                             "dist.deterministic=true"};
  EXPECT_EQ(pretrain_error(kPretrain, settings),
            "--set dist.deterministic=true: dist.deterministic is true, but train.batch_size 7 is less than "
            "dist.virtual_ranks 8: set dist.virtual_ranks to 4 or less");
}

}  // namespace
}  // namespace rpp
