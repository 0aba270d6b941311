// Every setting of a run as plain structs; the defaults are defined here only.
//
// A field's name is its key in a YAML file, its name in --set and in the logs. config/fields.h lists them
// with their ranges; config/load.h reads and writes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rpp/prune_config.h"

namespace rpp {

// Distillation from a dense model (Hinton et al., arXiv:1503.02531); off without a teacher.
struct DistillConfig {
  std::string teacher;                   // Hugging Face directory
  double weight = 0.5;                   // weight of the teacher's logits; the labels have the rest
  double temperature = 2.0;              // both logits are divided by it
  double hidden_weight = 0.0;            // weight of the difference of the hidden states
  std::string hidden_layers = "last";    // last, all: the layers whose outputs are compared
  std::string hidden_error = "squared";  // squared, normalised (by the teacher's squares, for each token)
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
  int64_t eval_every = 200;      // steps; 0: only at the end
  int64_t eval_batches = 20;
  std::string best_metric;  // evaluation metric that selects the best weights; empty: use the last weights
  int64_t patience = 0;     // early stopping: evaluations without improvement; 0 disables it
  int64_t log_every = 20;
  int64_t save_every = 500;               // steps; 0: only at the end
  int64_t keep_last = 2;                  // checkpoints kept during a run; 0: only the one written on a stop
  bool keep_checkpoints = false;          // keep checkpoints after the run has finished
  double dropout = -1;                    // all dropout rates; negative: those of config.json
  int64_t max_bad_steps = 10;             // consecutive non-finite steps that end the run
  int64_t num_threads = 0;                // 0: all cores
  std::string precision = "fp32";         // fp32, bf16 (working weights and activations)
  bool activation_checkpointing = false;  // recompute layers in the backward pass to save memory
  bool cuda_graph = false;                // pre-training on a GPU: record a pass once and replay it
  std::string device = "automatic";       // automatic, cpu, cuda
  std::string kernels = "fast";           // fast, reference (slow plain ATen calls, for comparison)
};

// Several processes (ranks) that train one model; which and how many is said by their launcher.
struct DistConfig {
  int64_t timeout_seconds = 120;  // that a rank waits for the others
  bool deterministic = false;     // bit-identical results for any number of ranks
  int64_t virtual_ranks = 8;      // with deterministic: parts of a batch, whose gradients are added in order
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
  DistConfig dist;

  PretrainConfig() { schedule.decay_begin = 0.7; }  // where the recovery starts, in methods that have one
};

// `task: custom`: the columns of its files, and the labels to learn. One label for each text, unless
// regression, multi_label or token_classification is set.
struct CustomTaskConfig {
  std::string text = "text";
  std::string text_pair;  // empty: single texts
  std::string label = "label";
  std::vector<std::string> labels;    // empty: those in the training files, sorted
  bool regression = false;            // the label is a number to predict
  bool multi_label = false;           // a text has any number of the labels
  std::string label_separator = ",";  // multi_label: between the labels in a TSV column
  bool token_classification = false;  // each word has a tag: named entities, parts of speech
  std::string tokens = "tokens";      // keys of a sentence in JSON lines: its words
  std::string tags;                   // and their tags; empty: ner_tags, else tags
  int64_t word_column = 0;            // in a file of columns; negative: from the end
  int64_t tag_column = -1;

  bool operator==(const CustomTaskConfig&) const = default;
};

// SQuAD only.
struct SquadConfig {
  int64_t doc_stride = 128;       // tokens by which neighbouring windows of a context overlap
  int64_t max_query_length = 64;  // tokens per question
  int64_t n_best_size = 20;
  int64_t max_answer_length = 30;          // tokens
  double null_score_diff_threshold = 0.0;  // squad2: no answer if its score exceeds the best span's by more
  bool strict = false;                     // an answer that is not found at its answer_start is an error
};

// `task: embed`: a sentence encoder learns from texts what a dense one makes of them.
struct EmbedConfig {
  std::string retrieval;  // a SQuAD file, or lines "query TAB document"; empty: not evaluated
};

struct FinetuneConfig {
  std::string task;
  std::string data_dir;
  std::vector<std::string> train_files;  // replace the files in data_dir
  std::vector<std::string> dev_files;
  std::vector<std::string> test_files;
  CustomTaskConfig custom;
  std::string model;
  std::string output_dir;
  int64_t max_seq_length = 128;
  double epochs = 3.0;            // determines train.steps
  int64_t max_train_samples = 0;  // 0: all
  int64_t max_eval_samples = 0;
  int64_t reinit_layers = 0;               // top encoder layers to re-initialise, together with the pooler
  double label_smoothing = 0.0;            // probability mass spread over all labels
  std::vector<std::string> class_weights;  // classification: label=weight in the loss; the default is 1
  SquadConfig squad;
  EmbedConfig embed;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  PruneConfig prune;
  DistillConfig distill;
  TrainConfig train;
  DistConfig dist;

  FinetuneConfig() {
    schedule.warmup_ratio = 0.1;
    prune.method = PruneMethod::fixed;  // keeps the zeros of the model
  }
};

}  // namespace rpp
