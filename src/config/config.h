// Every setting of a run as plain structs; the defaults stand here and nowhere else.
//
// A field's name is its key in a YAML file, its name in --set and in the logs. config/fields.h lists them
// with their ranges; config/load.h reads and writes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rpp/prune_config.h"

namespace rpp {

// Learning from a dense model beside the labels (Hinton et al., arXiv:1503.02531); off without a teacher.
struct DistillConfig {
  std::string teacher;         // Hugging Face directory
  double weight = 0.5;         // of the teacher's logits; the labels have the rest
  double temperature = 2.0;    // both logits are divided by it
  double hidden_weight = 0.0;  // of the squared difference of the last hidden states
};

struct DataConfig {
  std::vector<std::string> train;  // shard directories
  std::vector<std::string> valid;
  int64_t max_seq_length = 128;
  double short_seq_prob = 0.1;
  double mask_prob = 0.15;
  bool whole_word_mask = false;
  int64_t max_predictions = 20;  // per sequence
  bool next_sentence = true;
};

struct TrainConfig {
  int64_t seed = 42;
  int64_t steps = 1000;          // optimizer steps
  int64_t batch_size = 32;       // sequences in a step
  int64_t micro_batch_size = 0;  // sequences in a forward pass; 0: batch_size
  int64_t eval_every = 200;      // steps; 0: at the end only
  int64_t eval_batches = 20;
  std::string best_metric;  // of an evaluation: the model is that of its best value; empty: the last one
  int64_t patience = 0;     // early stopping: evaluations without a better best_metric; 0 disables it
  int64_t log_every = 20;
  int64_t save_every = 500;               // steps; 0: at the end only
  int64_t keep_last = 2;                  // checkpoints of a run that goes on; 0: only that of a stop
  bool keep_checkpoints = false;          // a finished run keeps them; else it leaves the model alone
  double dropout = -1;                    // everywhere in the model; negative: what its config.json says
  int64_t max_bad_steps = 10;             // non-finite steps in a row that end the run
  int64_t num_threads = 0;                // 0: all cores
  std::string precision = "fp32";         // fp32, bf16 (working weights and activations)
  bool activation_checkpointing = false;  // layers computed twice, for less memory
  bool cuda_graph = false;                // pre-training on a GPU: a pass is recorded once and repeated
  std::string device = "automatic";       // automatic, cpu, cuda
  std::string kernels = "fast";           // fast, reference (slow, of plain ATen calls: to compare with)
};

struct PretrainConfig {
  std::string model;         // Hugging Face directory to continue from
  std::string model_config;  // or a file of configs/model/, to start from random weights
  std::string tokenizer;     // directory or vocab.txt; empty: the model's
  std::string output_dir;
  DataConfig data;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  PruneConfig prune;
  DistillConfig distill;
  TrainConfig train;
};

// `task: custom`: the columns of its files, and what is to be learnt.
struct CustomTaskConfig {
  std::string text = "text";
  std::string text_pair;  // empty: single texts
  std::string label = "label";
  std::vector<std::string> labels;  // empty: those in the training files, sorted
  bool regression = false;          // the label is a number to come close to

  bool operator==(const CustomTaskConfig&) const = default;
};

// SQuAD alone.
struct SquadConfig {
  int64_t doc_stride = 128;       // tokens that neighbouring windows of a context share
  int64_t max_query_length = 64;  // tokens of a question
  int64_t n_best_size = 20;
  int64_t max_answer_length = 30;          // tokens
  double null_score_diff_threshold = 0.0;  // squad2: no answer where its score is so much higher
  bool strict = false;                     // an answer that is not at its answer_start is an error
};

struct FinetuneConfig {
  std::string task;
  std::string data_dir;
  std::vector<std::string> train_files;  // instead of the files that data_dir holds
  std::vector<std::string> dev_files;
  std::vector<std::string> test_files;
  CustomTaskConfig custom;
  std::string model;
  std::string output_dir;
  int64_t max_seq_length = 128;
  double epochs = 3.0;            // decides train.steps
  int64_t max_train_samples = 0;  // 0: all
  int64_t max_eval_samples = 0;
  int64_t reinit_layers = 0;               // top encoder layers, and the pooler, that start anew
  double label_smoothing = 0.0;            // share of a target spread over all labels
  std::vector<std::string> class_weights;  // classification: label=weight in the loss; others count 1
  SquadConfig squad;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  PruneConfig prune;
  DistillConfig distill;
  TrainConfig train;

  FinetuneConfig() {
    schedule.warmup_ratio = 0.1;
    prune.method = PruneMethod::fixed;  // the zeros of the model hold
  }
};

}  // namespace rpp
