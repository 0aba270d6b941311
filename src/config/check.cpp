#include "check.h"

#include <bit>
#include <cmath>
#include <filesystem>

#include "plan/plan.h"
#include "program/line_reader.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// Throws an error that names the place where `key` was set.
class Complaints {
 public:
  explicit Complaints(const Settings& settings) : settings_(settings) {}

  template <typename... Args>
  [[noreturn]] void fail_at(std::string_view key, fmt::format_string<Args...> format, Args&&... args) const {
    fail_usage("{}", at(settings_.where(key), fmt::format(format, std::forward<Args>(args)...)));
  }

  bool is_set(std::string_view key) const { return settings_.last(key) != nullptr; }
  bool is_override(std::string_view key) const {
    const Setting* setting = settings_.last(key);
    return setting != nullptr && setting->where.starts_with("--set ");
  }

  void require(std::span<const std::pair<std::string_view, bool>> present) const {
    std::string missing;
    for (const auto& [key, is_present] : present) {
      if (is_present) continue;
      missing += (missing.empty() ? "" : ", ") + std::string(key);
    }
    if (missing.empty()) return;
    fail_usage("{}",
               at(settings_.source,
                  fmt::format("missing: {} (write it into the file, or pass --set key=value)", missing)));
  }

 private:
  const Settings& settings_;
};

// Compared as resolved paths, if both exist.
bool same_path(const std::string& a, const std::string& b) {
  std::error_code missing;
  if (fs::equivalent(a, b, missing)) return true;
  return (fs::path(a) / "").lexically_normal() == (fs::path(b) / "").lexically_normal();
}

void check_output_dir(const Complaints& complaints, const std::string& output_dir, const std::string& model) {
  if (model.empty() || !same_path(output_dir, model)) return;
  complaints.fail_at("output_dir", "output_dir is the directory of the model itself: choose another one");
}

void check_prune(const Complaints& complaints, const PruneConfig& prune) {
  const bool without_target = prune.method == PruneMethod::dense || prune.method == PruneMethod::fixed ||
                              prune.method == PruneMethod::soft_movement ||
                              (is_rpp(prune.method) && prune.rpp.gamma > 0);
  if (!without_target && prune.target_ratio == 0) {
    complaints.fail_at("prune.target_ratio",
                       "prune.method is {}, but prune.target_ratio is 0 and would prune nothing: set it, or "
                       "set prune.method to dense",
                       name_of(prune.method));
  }
  const double recovery_begin = 1 - recovery_share(prune);
  if (has_ramp(prune.method) && prune.recovery_steps == 0 && prune.ramp.begin >= recovery_begin) {
    complaints.fail_at("prune.ramp_begin",
                       "prune.ramp_begin is {}, it must be less than {}, where the recovery starts",
                       prune.ramp.begin, recovery_begin);
  }
  if (prune.importance == Importance::fisher && prune.method == PruneMethod::one_shot &&
      prune.one_shot.at == 0) {
    complaints.fail_at(
        "prune.importance",
        "prune.importance is fisher, but prune.prune_at is 0: before the first step there are no "
        "gradients; set it to a later part of the run");
  }
  if (prune.block != 1 && prune.block != 4 && prune.block != 8 && prune.block != 16) {
    complaints.fail_at("prune.block", "prune.block is {}, it must be 1, 4, 8 or 16", prune.block);
  }
  if (prune.block > 1 && (prune.method == PruneMethod::movement ||
                          prune.method == PruneMethod::soft_movement || prune.method == PruneMethod::fixed)) {
    complaints.fail_at("prune.block",
                       "prune.block is {}, but prune.method {} prunes single weights: set it to 1",
                       prune.block, name_of(prune.method));
  }
  if (!prune.mask.empty() && prune.method != PruneMethod::fixed) {
    complaints.fail_at("prune.mask",
                       "prune.mask is set, but prune.method is {} and takes none: set prune.method to fixed",
                       name_of(prune.method));
  }
}

// Its plan assumes one learning rate for all layers.
void check_layer_decay(const Complaints& complaints, const OptimizerConfig& optimizer,
                       const PruneConfig& prune) {
  if (optimizer.layer_decay == 1 || !is_rpp(prune.method) || prune.rpp.gamma > 0) return;
  complaints.fail_at(
      "optimizer.layer_decay",
      "optimizer.layer_decay is {}, but prune.method {} finds its gamma for one learning rate: set "
      "prune.gamma, or leave layer_decay at 1",
      optimizer.layer_decay, name_of(prune.method));
}

void check_batches(const Complaints& complaints, const TrainConfig& train) {
  if (train.micro_batch_size <= train.batch_size) return;
  complaints.fail_at("train.micro_batch_size",
                     "train.micro_batch_size is {}, it must be at most train.batch_size, which is {}",
                     train.micro_batch_size, train.batch_size);
}

void check_distill(const Complaints& complaints, const DistillConfig& distill) {
  if (distill.teacher.empty() || distill.weight > 0 || distill.hidden_weight > 0) return;
  complaints.fail_at("distill.teacher",
                     "distill.teacher is {}, but distill.weight and distill.hidden_weight are 0: it would "
                     "have no effect; leave it out or set one of them",
                     distill.teacher);
}

// A recorded graph repeats the same work for every micro-batch.
void check_cuda_graph(const Complaints& complaints, const PretrainConfig& config) {
  const TrainConfig& train = config.train;
  if (!train.cuda_graph) return;
  if (train.micro_batch_size > 0 && train.batch_size % train.micro_batch_size != 0) {
    complaints.fail_at("train.micro_batch_size",
                       "train.micro_batch_size is {}, with train.cuda_graph it must divide train.batch_size, "
                       "which is {}",
                       train.micro_batch_size, train.batch_size);
  }
  if (config.distill.teacher.empty()) return;
  complaints.fail_at("train.cuda_graph",
                     "train.cuda_graph does not go together with distill.teacher: leave one of them out");
}

void check_dist(const Complaints& complaints, const DistConfig& dist, const TrainConfig& train) {
  if (!std::has_single_bit(static_cast<uint64_t>(dist.virtual_ranks))) {
    complaints.fail_at("dist.virtual_ranks",
                       "dist.virtual_ranks is {}, it must be a power of two: set it to {}",
                       dist.virtual_ranks, std::bit_ceil(static_cast<uint64_t>(dist.virtual_ranks)));
  }
  if (!dist.deterministic) return;
  if (train.num_threads == 0) {
    complaints.fail_at("dist.deterministic",
                       "dist.deterministic is true, but train.num_threads is 0, which shares the cores among "
                       "the processes; results depend on the number of threads: set it, for example to 1");
  }
  if (train.batch_size < dist.virtual_ranks) {
    complaints.fail_at(
        "dist.deterministic",
        "dist.deterministic is true, but train.batch_size {} is less than dist.virtual_ranks {}: "
        "set dist.virtual_ranks to {} or less",
        train.batch_size, dist.virtual_ranks, std::bit_floor(static_cast<uint64_t>(train.batch_size)));
  }
}

void check_patience(const Complaints& complaints, const TrainConfig& train) {
  if (train.patience == 0) return;
  if (train.best_metric.empty()) {
    complaints.fail_at("train.patience", "train.patience is {}, but train.best_metric is not set: name one",
                       train.patience);
  }
  if (train.eval_every == 0) {
    complaints.fail_at("train.patience", "train.patience is {}, but train.eval_every is 0: set it to steps",
                       train.patience);
  }
}

void check_model_choice(const Complaints& complaints, const PretrainConfig& config) {
  if (!config.model.empty() && !config.model_config.empty()) {
    complaints.fail_at("model_config",
                       "model and model_config are both set: keep model to continue from its weights, or "
                       "model_config to start from random ones");
  }
  if (config.model_config.empty()) return;
  if (config.tokenizer.empty()) {
    complaints.fail_at("model_config",
                       "tokenizer is not set: a model that starts from model_config has none");
  }
  if (config.prune.method == PruneMethod::fixed && config.prune.mask.empty()) {
    complaints.fail_at("prune.method",
                       "prune.method is fixed, but random weights have no zeros to hold: set prune.mask, or "
                       "continue from a pruned model");
  }
}

void check_warmup(const Complaints& complaints, const PretrainConfig& config) {
  if (config.schedule.warmup_steps <= config.train.steps) return;
  complaints.fail_at("schedule.warmup_steps",
                     "schedule.warmup_steps is {}, it must be at most train.steps, which is {}",
                     config.schedule.warmup_steps, config.train.steps);
}

// A lower cap would silently mask fewer tokens than mask_prob specifies.
void check_predictions(const Complaints& complaints, const DataConfig& data) {
  const auto wanted = std::llround(data.mask_prob * static_cast<double>(data.max_seq_length));
  if (wanted <= data.max_predictions) return;
  complaints.fail_at(
      "data.max_predictions",
      "data.max_predictions is {}, but data.mask_prob {} of {} tokens makes {}: set it to as many "
      "or more",
      data.max_predictions, data.mask_prob, data.max_seq_length, wanted);
}

void check_held_out(const Complaints& complaints, const DataConfig& data) {
  for (const std::string& valid : data.valid) {
    for (const std::string& train : data.train) {
      if (!same_path(valid, train)) continue;
      complaints.fail_at("data.valid",
                         "data.valid holds {}, which data.train holds too: evaluate on other text", valid);
    }
  }
}

// Keys of another kind of task than the one chosen would have no effect.
void check_custom_kind(const Complaints& complaints, const CustomTaskConfig& custom) {
  if (custom.regression + custom.multi_label + custom.token_classification > 1) {
    complaints.fail_at(custom.token_classification ? "custom.token_classification" : "custom.multi_label",
                       "custom.regression, custom.multi_label and custom.token_classification exclude each "
                       "other: set one of them");
  }
  const auto check = [&](std::string_view key, bool is_changed, bool applies, std::string_view needs) {
    if (is_changed && !applies) complaints.fail_at(key, "{} is set, but {}: leave it out", key, needs);
  };
  const CustomTaskConfig defaults;
  const bool of_words = custom.token_classification;
  constexpr std::string_view kOfTexts = "token classification reads words and their tags";
  check("custom.text", custom.text != defaults.text, !of_words, kOfTexts);
  check("custom.text_pair", custom.text_pair != defaults.text_pair, !of_words, kOfTexts);
  check("custom.label", custom.label != defaults.label, !of_words, kOfTexts);
  constexpr std::string_view kOfWords = "custom.token_classification is not";
  check("custom.tokens", custom.tokens != defaults.tokens, of_words, kOfWords);
  check("custom.tags", custom.tags != defaults.tags, of_words, kOfWords);
  check("custom.word_column", custom.word_column != defaults.word_column, of_words, kOfWords);
  check("custom.tag_column", custom.tag_column != defaults.tag_column, of_words, kOfWords);
  check("custom.label_separator", custom.label_separator != defaults.label_separator, custom.multi_label,
        "custom.multi_label is not");
  if (custom.label_separator.empty()) {
    complaints.fail_at("custom.label_separator", "custom.label_separator is empty: set it to \",\" or \" \"");
  }
}

void check_custom(const Complaints& complaints, const FinetuneConfig& config) {
  if (config.task != "custom" && config.custom != CustomTaskConfig{}) {
    complaints.fail_at("task", "task is {}, but custom describes another task: set task to custom",
                       config.task);
  }
  check_custom_kind(complaints, config.custom);
  if (config.custom.regression && !config.custom.labels.empty()) {
    complaints.fail_at("custom.labels", "custom.labels is set, but a regression has none: leave one out");
  }
  if (config.custom.labels.size() == 1) {
    complaints.fail_at("custom.labels", "custom.labels has one label only: a classification needs two");
  }
}

// Files are read again when a run is resumed, and for each seed.
void check_data_files(const Complaints& complaints, const FinetuneConfig& config) {
  for (const auto& [key, files] : {std::pair{"train_files", &config.train_files},
                                   {"dev_files", &config.dev_files},
                                   {"test_files", &config.test_files}}) {
    for (const std::string& file : *files) {
      if (!is_read_once(file)) continue;
      complaints.fail_at(key,
                         "{} can be read only once, training reads its files again when it is resumed: write "
                         "it to a file first",
                         input_name(file));
    }
  }
}

void check_steps(const Complaints& complaints) {
  // A file written by --print-config contains both: its steps were derived from its epochs.
  const bool decided = complaints.is_set("epochs") && !complaints.is_override("train.steps");
  if (!complaints.is_set("train.steps") || decided) return;
  complaints.fail_at("train.steps", "epochs decides train.steps in fine-tuning: set epochs instead");
}

}  // namespace

void check(const PretrainConfig& config, const Settings& settings) {
  const Complaints complaints(settings);
  const bool has_model = !config.model.empty() || !config.model_config.empty();
  const std::pair<std::string_view, bool> required[] = {{"model or model_config", has_model},
                                                        {"output_dir", !config.output_dir.empty()},
                                                        {"data.train", !config.data.train.empty()}};
  complaints.require(required);
  check_model_choice(complaints, config);
  check_output_dir(complaints, config.output_dir, config.model);
  check_predictions(complaints, config.data);
  check_held_out(complaints, config.data);
  check_warmup(complaints, config);
  check_prune(complaints, config.prune);
  check_layer_decay(complaints, config.optimizer, config.prune);
  check_distill(complaints, config.distill);
  check_batches(complaints, config.train);
  check_cuda_graph(complaints, config);
  check_patience(complaints, config.train);
  check_dist(complaints, config.dist, config.train);
}

void check(const FinetuneConfig& config, const Settings& settings) {
  const Complaints complaints(settings);
  const bool has_data = !config.data_dir.empty() || (!config.train_files.empty() &&
                                                     (!config.dev_files.empty() || config.task == "embed"));
  const std::pair<std::string_view, bool> required[] = {{"task", !config.task.empty()},
                                                        {"data_dir (or train_files and dev_files)", has_data},
                                                        {"model", !config.model.empty()},
                                                        {"output_dir", !config.output_dir.empty()}};
  complaints.require(required);
  check_output_dir(complaints, config.output_dir, config.model);
  check_custom(complaints, config);
  check_data_files(complaints, config);
  check_steps(complaints);
  check_prune(complaints, config.prune);
  check_layer_decay(complaints, config.optimizer, config.prune);
  check_distill(complaints, config.distill);
  check_batches(complaints, config.train);
  if (config.train.cuda_graph) {
    complaints.fail_at("train.cuda_graph", "train.cuda_graph is for pre-training alone: leave it out");
  }
  check_patience(complaints, config.train);
  check_dist(complaints, config.dist, config.train);
}

}  // namespace rpp
