// The fields of every configuration struct with keys, ranges and descriptions: one list for parsing,
// overrides, --print-config and error messages.
//
// A visitor has two functions: field(FieldInfo, value) for a leaf and section(key, struct) for a nested
// struct.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "config/config.h"
#include "core/field_info.h"
#include "core/parallel_for.h"

namespace rpp {

// A field whose values are the names of an enum, in its order.
template <typename Visitor, typename Enum>
void visit_enum(Visitor& v, std::string_view key, std::string_view help,
                std::initializer_list<std::string_view> names, Enum& value) {
  std::string name(enum_name(names, value));
  v.field({key, help, {}, names}, name);
  if constexpr (!std::is_const_v<Enum>) {
    value = enum_named<Enum>(names, name);
  }
}

template <typename Visitor>
void visit_fields(ConfigOf<OptimizerConfig> auto& c, Visitor&& v) {
  v.field({"learning_rate", "highest learning rate of the schedule", at_least(0)}, c.learning_rate);
  v.field({"beta1", "decay of the mean of the gradients", from_below(0, 1)}, c.beta1);
  v.field({"beta2", "decay of the mean of the squared gradients", from_below(0, 1)}, c.beta2);
  v.field({"epsilon", "added to the denominator of AdamW", more_than(0)}, c.epsilon);
  v.field({"weight_decay", "decoupled; not on biases and LayerNorm", at_least(0)}, c.weight_decay);
  v.field({"max_grad_norm", "gradients are clipped to this global norm; 0: no clipping", at_least(0)},
          c.max_grad_norm);
  v.field({"bias_correction", "off in BERT's original optimizer"}, c.bias_correction);
  v.field({"layer_decay",
           "learning rate of a layer relative to the layer above; heads have the full learning rate",
           {0, 1, true}},
          c.layer_decay);
}

template <typename Visitor>
void visit_fields(ConfigOf<ScheduleConfig> auto& c, Visitor&& v) {
  v.field({"decay", "shape of the learning rate after the warmup", {}, {"linear", "cosine", "constant"}},
          c.decay);
  v.field(
      {"decay_begin", "fraction of the steps at which the decay begins; constant before, whatever the method",
       between(0, 1)},
      c.decay_begin);
  v.field({"rewind", "a warmup and a decay in every phase of pruning, instead of one of each"}, c.rewind);
  v.field({"warmup_steps", "steps in which the learning rate rises from 0", at_least(0)}, c.warmup_steps);
  v.field({"warmup_ratio", "warmup as a fraction of all steps; used if warmup_steps is 0", from_below(0, 1)},
          c.warmup_ratio);
}

template <typename Visitor>
void visit_fields(ConfigOf<PruneConfig> auto& c, Visitor&& v) {
  visit_enum(v, "method", "pruning method (docs/method.md)", kPruneMethods, c.method);
  v.field(
      {"target_ratio", "fraction of zeros in the matrices not named by exclude or ratios", from_below(0, 1)},
      c.target_ratio);
  v.field({"exclude", "patterns (*, ?) of matrices that are not pruned: [\"*.layer.0.*\"]"}, c.exclude);
  v.field({"ratios", "matrices with their own target ratio: [\"*.intermediate.*=0.9\"]"}, c.ratios);
  v.field({"hold_zeros", "zeros of the initial model stay zero, and count towards the target"}, c.hold_zeros);
  visit_enum(v, "ranking",
             "nip, gradual, one_shot, movement: rank weights within each matrix, or all together", kRankings,
             c.ranking);
  visit_enum(v, "importance",
             "rank weights by |w|, or by |w| sqrt(v) with AdamW's mean v of squared "
             "gradients",
             kImportances, c.importance);
  v.field(
      {"block",
       "this many neighbouring inputs of an output are pruned together: 1, 4, 8 or 16; not with movement and "
       "soft_movement",
       at_least(1)},
      c.block);
  v.field({"recovery_share",
           "fraction of the steps, at the end, that train with a fixed mask; negative: 0 for rpp and nip, "
           "0.3 for "
           "rpp_preconditioned, gradual and movement",
           from_below(-1, 1)},
          c.recovery_share);
  v.field({"recovery_steps", "the same as a number of steps; 0: use recovery_share", at_least(0)},
          c.recovery_steps);
  v.field({"rounds", "rpp: number of rounds; alpha is updated between rounds", at_least(1)}, c.rpp.rounds);
  v.field(
      {"steps_per_round", "rpp: steps per round; 0: divide the steps before recovery evenly", at_least(0)},
      c.rpp.steps_per_round);
  v.field({"first_round_share", "rpp: length of the first round relative to the others", {0, 1, true}},
          c.rpp.first_round_share);
  v.field({"epsilon", "rpp: alpha = 1 / (|w| + epsilon)", more_than(0)}, c.rpp.epsilon);
  v.field(
      {"gamma", "rpp: weight of the penalty; 0: adjusted during training to reach target_ratio", at_least(0)},
      c.rpp.gamma);
  v.field({"final_topk", "rpp: exact top-k after the last round; not part of the published method"},
          c.rpp.final_topk);
  v.field({"stages", "nip: pruning stages up to target_ratio; 0: one per ten percentage points", at_least(0)},
          c.nip.stages);
  v.field({"ramp_begin", "gradual, movement: pruning starts at this fraction of the steps", from_below(0, 1)},
          c.ramp.begin);
  v.field({"mask_updates", "gradual, movement: mask updates between ramp_begin and recovery", at_least(1)},
          c.ramp.updates);
  v.field(
      {"prune_at", "one_shot: prunes at this fraction of the steps; 1: after the last step", between(0, 1)},
      c.one_shot.at);
  v.field({"score_rate", "soft_movement: learning rate of the scores", more_than(0)}, c.soft_movement.rate);
  v.field({"score_penalty", "soft_movement: weight of the sum of sigmoid(scores)", at_least(0)},
          c.soft_movement.penalty);
  v.field(
      {"score_threshold", "soft_movement: weights are kept if sigmoid(score) is larger", {0, 1, true, true}},
      c.soft_movement.threshold);
  v.field({"check_every", "steps between checks that pruned weights are still zero; 0: only at checkpoints",
           at_least(0)},
          c.check_every);
  v.field({"mask", "fixed: a mask.safetensors; empty: use the zeros of the model"}, c.mask);
}

template <typename Visitor>
void visit_fields(ConfigOf<DistillConfig> auto& c, Visitor&& v) {
  v.field({"teacher",
           "distillation: Hugging Face directory of the teacher, a dense model; empty: no distillation"},
          c.teacher);
  v.field({"weight", "weight of the loss on the teacher's logits; the labels have the rest", between(0, 1)},
          c.weight);
  v.field({"temperature", "softmax temperature of teacher and student", more_than(0)}, c.temperature);
  v.field({"hidden_weight", "weight of the difference between the hidden states of teacher and student",
           at_least(0)},
          c.hidden_weight);
  v.field({"hidden_layers",
           "layers whose outputs are compared; all: where the student has fewer layers, evenly spaced ones "
           "of the "
           "teacher, up to its last",
           {},
           {"last", "all"}},
          c.hidden_layers);
  v.field({"hidden_error",
           "squared: mean squared difference; normalised: divided by the teacher's squares, for each token "
           "(SquareHead)",
           {},
           {"squared", "normalised"}},
          c.hidden_error);
}

template <typename Visitor>
void visit_fields(ConfigOf<DataConfig> auto& c, Visitor&& v) {
  v.field({"train", "shard directories"}, c.train);
  v.field({"valid", "shard directories of held-out text"}, c.valid);
  v.field({"max_seq_length", "maximum tokens, including [CLS] and [SEP]", at_least(8)}, c.max_seq_length);
  v.field({"short_seq_prob", "fraction of samples with a shorter random length", between(0, 1)},
          c.short_seq_prob);
  v.field({"mask_prob", "fraction of tokens to mask", {0, 1, true, true}}, c.mask_prob);
  v.field({"whole_word_mask", "mask all pieces of a word together"}, c.whole_word_mask);
  v.field({"max_predictions", "maximum masked tokens per sequence", at_least(1)}, c.max_predictions);
  v.field({"next_sentence", "pairs of segments, half of them consecutive, for next-sentence prediction"},
          c.next_sentence);
}

template <typename Visitor>
void visit_fields(ConfigOf<TrainConfig> auto& c, Visitor&& v) {
  v.field({"seed", "random seed", at_least(0)}, c.seed);
  v.field({"steps", "optimizer steps", at_least(1)}, c.steps);
  v.field({"batch_size", "sequences per step", at_least(1)}, c.batch_size);
  v.field({"micro_batch_size", "sequences per forward pass; 0: batch_size", at_least(0)}, c.micro_batch_size);
  v.field({"eval_every", "steps between evaluations; 0: only at the end", at_least(0)}, c.eval_every);
  v.field({"eval_batches", "batches per evaluation in pre-training", at_least(1)}, c.eval_batches);
  v.field({"best_metric",
           "evaluation metric that selects the saved model (accuracy, f1, loss, ...); empty: keep the last "
           "weights"},
          c.best_metric);
  v.field({"patience", "early stopping: evaluations without improvement of best_metric; 0 disables it",
           at_least(0)},
          c.patience);
  v.field({"log_every", "steps between log lines", at_least(1)}, c.log_every);
  v.field({"save_every", "steps between checkpoints; 0: only at the end", at_least(0)}, c.save_every);
  v.field({"keep_last", "number of checkpoints kept during a run; 0: only one written when it is stopped",
           at_least(0)},
          c.keep_last);
  v.field({"keep_checkpoints", "keep checkpoints and best/ after the run has finished"}, c.keep_checkpoints);
  v.field({"max_bad_steps", "consecutive steps with non-finite loss or gradient after which the run fails",
           at_least(1)},
          c.max_bad_steps);
  v.field({"num_threads", "0: all cores that the process may use", between(0, kMaxThreads)}, c.num_threads);
  v.field({"dropout", "dropout rate of the whole model; negative: the rates of its config.json",
           from_below(-1, 1)},
          c.dropout);
  v.field({"precision",
           "precision of forward and backward passes; master weights are fp32",
           {},
           {"fp32", "bf16"}},
          c.precision);
  v.field({"activation_checkpointing", "recompute layers in the backward pass to save memory"},
          c.activation_checkpointing);
  v.field({"cuda_graph", "pre-training on a GPU: record a pass once and replay it; faster for small batches"},
          c.cuda_graph);
  v.field({"device", "automatic: a GPU if available", {}, {"automatic", "cpu", "cuda"}}, c.device);
  v.field({"kernels",
           "reference: slow implementation with plain ATen calls, for comparison",
           {},
           {"fast", "reference"}},
          c.kernels);
}

template <typename Visitor>
void visit_fields(ConfigOf<DistConfig> auto& c, Visitor&& v) {
  v.field({"timeout_seconds",
           "several processes: how long one waits for another, also while the first writes a checkpoint",
           at_least(1)},
          c.timeout_seconds);
  v.field({"deterministic",
           "bit-identical results for any number of processes: batches are divided into virtual_ranks parts, "
           "and their gradients are added in a fixed order"},
          c.deterministic);
  v.field({"virtual_ranks",
           "with deterministic: parts of a batch, a power of two; the number of processes must divide it",
           at_least(1)},
          c.virtual_ranks);
}

template <typename Visitor>
void visit_fields(ConfigOf<PretrainConfig> auto& c, Visitor&& v) {
  v.field({"model", "Hugging Face directory to continue from"}, c.model);
  v.field({"model_config", "or a file of configs/model/, to start from random weights"}, c.model_config);
  v.field({"tokenizer", "directory or vocab.txt; empty: the model's"}, c.tokenizer);
  v.field({"output_dir", "directory of the run"}, c.output_dir);
  v.section("data", c.data);
  v.section("optimizer", c.optimizer);
  v.section("schedule", c.schedule);
  v.section("prune", c.prune);
  v.section("distill", c.distill);
  v.section("train", c.train);
  v.section("dist", c.dist);
}

template <typename Visitor>
void visit_fields(ConfigOf<CustomTaskConfig> auto& c, Visitor&& v) {
  v.field({"text", "column of the texts"}, c.text);
  v.field({"text_pair", "column of the second texts; empty: single texts"}, c.text_pair);
  v.field({"label", "column of the labels"}, c.label);
  v.field({"labels", "labels in the order of the classes; empty: those in the training files, sorted"},
          c.labels);
  v.field({"regression", "the label is a number to predict"}, c.regression);
  v.field({"multi_label", "a text has any number of the labels, each predicted by a sigmoid of its own"},
          c.multi_label);
  v.field({"label_separator", "multi_label: what separates the labels of a text in a TSV file"},
          c.label_separator);
  v.field({"token_classification",
           "each word has a tag (named entities, parts of speech); the files have one word per line, or "
           "sentences as JSON lines"},
          c.token_classification);
  v.field({"tokens", "token_classification: key of the words of a sentence in JSON lines"}, c.tokens);
  v.field({"tags", "token_classification: key of their tags; empty: ner_tags, else tags"}, c.tags);
  v.field({"word_column",
           "token_classification: column of the words in other files, from 0; negative: from the end"},
          c.word_column);
  v.field({"tag_column", "token_classification: column of the tags; -1: the last"}, c.tag_column);
}

template <typename Visitor>
void visit_fields(ConfigOf<SquadConfig> auto& c, Visitor&& v) {
  v.field({"doc_stride", "tokens by which neighbouring windows of a context overlap", at_least(0)},
          c.doc_stride);
  v.field({"max_query_length", "maximum tokens per question", at_least(1)}, c.max_query_length);
  v.field({"n_best_size", "answers in nbest_predictions.json", at_least(1)}, c.n_best_size);
  v.field({"max_answer_length", "maximum tokens per answer", at_least(1)}, c.max_answer_length);
  v.field({"null_score_diff_threshold",
           "squad2: predict no answer if its score exceeds that of the best span by more than this"},
          c.null_score_diff_threshold);
  v.field({"strict", "an answer that is not found at its answer_start is an error"}, c.strict);
}

template <typename Visitor>
void visit_fields(ConfigOf<EmbedConfig> auto& c, Visitor&& v) {
  v.field(
      {"retrieval",
       "evaluates retrieval: a SQuAD file (questions and paragraphs), or lines of query, tab and document"},
      c.retrieval);
}

template <typename Visitor>
void visit_fields(ConfigOf<FinetuneConfig> auto& c, Visitor&& v) {
  v.field({"task",
           "cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte, wnli, squad1, squad2, custom: your own files, or "
           "embed: a "
           "sentence encoder"},
          c.task);
  v.field({"data_dir", "directory with the task's train and dev files"}, c.data_dir);
  v.field({"train_files", "files to train on, instead of those of data_dir"}, c.train_files);
  v.field({"dev_files", "files to evaluate on, instead of those of data_dir"}, c.dev_files);
  v.field({"test_files", "files to predict, instead of those of data_dir"}, c.test_files);
  v.section("custom", c.custom);
  v.field({"model", "Hugging Face directory"}, c.model);
  v.field({"output_dir", "directory of the run"}, c.output_dir);
  v.field({"max_seq_length", "maximum tokens, including [CLS] and [SEP]; the default is 384 for SQuAD",
           at_least(8)},
          c.max_seq_length);
  v.field({"epochs", "passes over the training data; determines train.steps", more_than(0)}, c.epochs);
  v.field(
      {"max_train_samples", "train on this many random rows, selected by train.seed; 0: all", at_least(0)},
      c.max_train_samples);
  v.field(
      {"max_eval_samples", "evaluate on this many random rows, the same for every seed; 0: all", at_least(0)},
      c.max_eval_samples);
  v.field({"reinit_layers", "number of top encoder layers to re-initialise, together with the pooler",
           at_least(0)},
          c.reinit_layers);
  v.field({"label_smoothing", "probability mass spread over all labels, on SQuAD over a window's tokens",
           from_below(0, 1)},
          c.label_smoothing);
  v.field({"class_weights", "classification: label=weight in the loss, default 1: [\"entailment=2\"]"},
          c.class_weights);
  v.section("squad", c.squad);
  v.section("embed", c.embed);
  v.section("optimizer", c.optimizer);
  v.section("schedule", c.schedule);
  v.section("prune", c.prune);
  v.section("distill", c.distill);
  v.section("train", c.train);
  v.section("dist", c.dist);
}

}  // namespace rpp
