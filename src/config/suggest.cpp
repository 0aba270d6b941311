#include "suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/nearest.h"

namespace rpp {
namespace {

struct Habit {
  std::string_view name;
  std::string_view key;
  std::string_view value = "...";  // for a flag without a value
};

// The names in transformers' and google-research/bert's training scripts, and former keys. A name with two
// entries has different keys for pre-training and fine-tuning.
constexpr Habit kHabits[] = {
    {"model_name_or_path", "model"},
    {"init_checkpoint", "model"},
    {"config_name", "model_config"},
    {"bert_config_file", "model_config"},
    {"tokenizer_name", "tokenizer"},
    {"vocab_file", "tokenizer"},
    {"task_name", "task"},
    {"train_file", "data.train"},
    {"train_file", "train_files"},
    {"input_file", "data.train"},
    {"validation_file", "data.valid"},
    {"validation_file", "dev_files"},
    {"max_length", "data.max_seq_length"},
    {"max_length", "max_seq_length"},
    {"block_size", "data.max_seq_length"},
    {"mlm_probability", "data.mask_prob"},
    {"masked_lm_prob", "data.mask_prob"},
    {"max_predictions_per_seq", "data.max_predictions"},
    {"do_whole_word_mask", "data.whole_word_mask"},
    {"lr", "optimizer.learning_rate"},
    {"adam_beta1", "optimizer.beta1"},
    {"adam_beta2", "optimizer.beta2"},
    {"adam_epsilon", "optimizer.epsilon"},
    {"correct_bias", "optimizer.bias_correction"},
    {"lr_scheduler_type", "schedule.decay"},
    {"num_warmup_steps", "schedule.warmup_steps"},
    {"warmup_proportion", "schedule.warmup_ratio"},
    {"target_sparsity", "prune.target_ratio"},
    {"final_sparsity", "prune.target_ratio"},
    {"gradient_checkpointing", "train.activation_checkpointing", "true"},
    {"train_batch_size", "train.batch_size"},
    {"per_device_train_batch_size", "train.batch_size"},
    {"per_gpu_train_batch_size", "train.batch_size"},
    {"gradient_accumulation_steps", "train.micro_batch_size"},
    {"max_steps", "train.steps"},
    {"num_train_steps", "train.steps"},
    {"num_train_epochs", "epochs"},
    {"num_train_epochs", "train.steps"},
    {"eval_steps", "train.eval_every"},
    {"logging_steps", "train.log_every"},
    {"save_steps", "train.save_every"},
    {"save_checkpoints_steps", "train.save_every"},
    {"save_total_limit", "train.keep_last"},
    {"fp16", "train.precision", "bf16"},
    {"bf16", "train.precision", "bf16"},
    {"no_cuda", "train.device", "cpu"},
    {"use_cpu", "train.device", "cpu"},
    // Keys of earlier versions of this program.
    {"phases", "schedule.decay_begin"},
    {"prox_scaling", "prune.method"},
    {"ramp_end", "prune.recovery_share"},
};

std::string_view last_part(std::string_view key) {
  return key.substr(key.rfind('.') + 1);  // npos + 1 is 0
}

std::optional<std::string> same_last_part(std::string_view key, const KnownKeys& known) {
  for (const std::string& field : known.fields) {
    if (last_part(field) == last_part(key)) return field;
  }
  return std::nullopt;
}

const Habit* habit_of(std::string_view key, const KnownKeys& known) {
  for (const Habit& habit : kHabits) {
    if (habit.name == last_part(key) && known.has_field(habit.key)) return &habit;
  }
  return nullptr;
}

// Compares the whole name and the last part alone: a key may be in the wrong section and mistyped too. A name
// longer than any key is not a typo and is not compared, which would be slow.
std::string nearest_key(std::string_view key, const KnownKeys& known) {
  constexpr size_t kLongestKey = 100;
  key = key.substr(0, std::min(kLongestKey, key.find_last_not_of(' ') + 1));
  const auto distance = [&](std::string_view candidate) {
    const int64_t elsewhere = 1 + edit_distance(last_part(key), last_part(candidate));
    return std::min(edit_distance(key, candidate), elsewhere);
  };
  const auto& fields = known.fields;
  auto best = *std::ranges::min_element(fields, {}, distance);
  for (const std::string& section : known.sections) {
    if (distance(section) < distance(best)) best = section;
  }
  return is_close(key, best) || is_close(last_part(key), last_part(best)) ? best : "";
}

}  // namespace

std::string suggest_key(std::string_view key, const KnownKeys& known) {
  if (const auto field = same_last_part(key, known)) return *field;
  if (const Habit* habit = habit_of(key, known)) return std::string(habit->key);
  return nearest_key(key, known);
}

std::string setting_of(std::string_view name, const KnownKeys& known) {
  if (const auto field = same_last_part(name, known)) return *field + "=...";
  const Habit* habit = habit_of(name, known);
  return habit == nullptr ? "" : fmt::format("{}={}", habit->key, habit->value);
}

}  // namespace rpp
