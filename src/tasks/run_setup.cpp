#include "run_setup.h"

#include "bert_format/model_config.h"
#include "bert_format/tensor_names.h"
#include "config/load.h"
#include "model/init.h"
#include "ops/torch.h"
#include "program/log.h"
#include "rpp/error.h"
#include "train/device.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Bert> allocate_model(ModelConfig config, const HeadSpec& heads, const TrainConfig& train) {
  if (train.dropout >= 0) config.hidden_dropout_prob = config.attention_probs_dropout_prob = train.dropout;
  auto model = std::make_unique<Bert>(config, heads, choose_device(train.device));
  initialize(*model, static_cast<uint64_t>(train.seed));
  return model;
}

bool has_zeros(Bert& model) {
  const torch::NoGradGuard no_grad;
  for (const auto& spec : model.param_specs()) {
    if (spec.group == ParamGroup::prunable && spec.param.eq(0).any().item<bool>()) return true;
  }
  return false;
}

// Not logged: a run that starts from a model of another task never uses that model's head.
bool is_of_a_head(const std::string& name) {
  return is_head(canonical_name(name));
}

}  // namespace

std::unique_ptr<Bert> load_model(const fs::path& dir, const HeadSpec& heads, const Tokenizer& tokenizer,
                                 const TrainConfig& train, LoadNotes notes, const LoadOptions& options) {
  const ModelConfig config = read_model_config(dir);
  RPP_CHECK(tokenizer.size() <= config.vocab_size,
            "the tokenizer has {} pieces, the vocabulary of {} only {}: use the model's own tokenizer",
            tokenizer.size(), dir, config.vocab_size);
  auto model = allocate_model(config, heads, train);
  LoadReport report = load_weights(*model, dir, options);
  if (notes == LoadNotes::quiet) return model;
  if (!report.missing.empty()) {
    log::info("{} has no {}: initialised with seed {}", dir.string(), fmt::join(report.missing, ", "),
              train.seed);
  }
  std::erase_if(report.ignored, is_of_a_head);
  if (!report.ignored.empty()) log::info("{}: not used: {}", dir.string(), fmt::join(report.ignored, ", "));
  return model;
}

std::unique_ptr<Bert> new_model(const fs::path& config_file, const HeadSpec& heads,
                                const Tokenizer& tokenizer, const TrainConfig& train) {
  ModelConfig config = load_model_config(config_file);
  if (config.vocab_size != tokenizer.size()) {
    log::info("vocab_size of {} is {}, using the {} pieces of the tokenizer", config_file.string(),
              config.vocab_size, tokenizer.size());
  }
  config.vocab_size = tokenizer.size();
  return allocate_model(config, heads, train);
}

void check_vocabulary(const Bert& model, const Tokenizer& tokenizer) {
  RPP_CHECK(tokenizer.size() <= model.config().vocab_size,
            "the tokenizer has {} pieces, the model's vocabulary only {}: use the model's own tokenizer",
            tokenizer.size(), model.config().vocab_size);
}

void check_sequence_length(const Bert& model, int64_t max_seq_length) {
  const int64_t positions = max_tokens(model.config());
  if (max_seq_length > positions) {
    fail_usage("max_seq_length is {}, the model has {} positions", max_seq_length, positions);
  }
}

std::unique_ptr<Teacher> find_teacher(const DistillConfig& distill, const Tokenizer& tokenizer,
                                      const Bert& student, const TrainConfig& train) {
  if (distill.teacher.empty()) return nullptr;
  return std::make_unique<Teacher>(distill, tokenizer, student, train);
}

std::optional<fs::path> mask_beside(const fs::path& model_dir) {
  const auto file = model_dir / "mask.safetensors";
  if (model_dir.empty() || !fs::exists(file)) return std::nullopt;
  return file;
}

PruneConfig resolve_fixed(PruneConfig prune, const fs::path& model_dir, Bert& model) {
  if (prune.method != PruneMethod::fixed || !prune.mask.empty()) return prune;
  if (const auto mask = mask_beside(model_dir)) {
    prune.mask = mask->string();
  } else if (!has_zeros(model)) {
    log::info("{} has no zeros to hold: training without pruning", model_dir.string());
    prune.method = PruneMethod::dense;
  }
  return prune;
}

}  // namespace rpp
