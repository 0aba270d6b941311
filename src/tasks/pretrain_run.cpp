// Masked LM and next-sentence pre-training from a configuration.
#include <memory>
#include <optional>

#include "connect_ranks.h"
#include "data/pretrain_sampler.h"
#include "dist/communicator.h"
#include "prepared_run.h"
#include "rank_agreement.h"
#include "rpp/error.h"
#include "tasks/pretrain_task.h"
#include "tasks/run.h"
#include "tokenizer_files/fingerprint.h"
#include "tokenizer_files/load_tokenizer.h"
#include "train/device.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> as_paths(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

// Everything that a pre-training run needs, in order of creation.
struct PretrainRun : PreparedRun<PretrainConfig> {
  PretrainRun(const PretrainConfig& given, LoadNotes notes, Communicator& ranks);

  Task& task() override { return *pretrain_task; }
  RunLength length() const override { return {"steps", static_cast<double>(config.train.steps)}; }
  Metrics write_outputs(const TrainOutcome&) override { return {}; }  // the model is all of it

  std::unique_ptr<Tokenizer> tokenizer;
  ShardSet train_shards;
  std::optional<ShardSet> valid_shards;
  PretrainSampler train_sampler;
  std::optional<PretrainSampler> valid_sampler;
  std::unique_ptr<Bert> model;
  std::unique_ptr<Teacher> teacher;
  std::unique_ptr<PretrainTask> pretrain_task;
};

std::unique_ptr<Tokenizer> find_tokenizer(const PretrainConfig& config) {
  const std::string& path = config.tokenizer.empty() ? config.model : config.tokenizer;
  if (path.empty()) fail_usage("tokenizer is not set: a model that starts from model_config has none");
  return load_tokenizer(path);
}

std::unique_ptr<Bert> make_model(const PretrainConfig& config, const Tokenizer& tokenizer, LoadNotes notes) {
  const HeadSpec heads{.pretraining = true};
  return config.model.empty() ? new_model(config.model_config, heads, tokenizer, config.train)
                              : load_model(config.model, heads, tokenizer, config.train, notes);
}

PretrainRun::PretrainRun(const PretrainConfig& given, LoadNotes notes, Communicator& ranks)
    : PreparedRun(given),
      tokenizer(find_tokenizer(config)),
      train_shards(as_paths(config.data.train), fingerprint(*tokenizer)),
      train_sampler(train_shards, *tokenizer, config.data, static_cast<uint64_t>(config.train.seed)) {
  use_threads(config.train.num_threads, ranks.place().local_size);
  if (!config.data.valid.empty()) {
    valid_shards.emplace(as_paths(config.data.valid), fingerprint(*tokenizer));
    valid_sampler.emplace(*valid_shards, *tokenizer, config.data, static_cast<uint64_t>(config.train.seed));
  }
  model = make_model(config, *tokenizer, notes);
  check_sequence_length(*model, config.data.max_seq_length);
  RPP_CHECK(!config.data.next_sentence || model->config().type_vocab_size >= 2,
            "data.next_sentence needs a model with type_vocab_size 2, this one has {}: set it to false",
            model->config().type_vocab_size);
  check_cuda_graph(*model, config.train);
  check_ranks(ranks, *model, config.train, config.dist);
  prune = resolve_fixed(config.prune, config.model, *model);
  teacher = find_teacher(config.distill, *tokenizer, *model, config.train);
  pretrain_task = std::make_unique<PretrainTask>(*model, *tokenizer, train_sampler,
                                                 valid_sampler ? &*valid_sampler : nullptr, config.train,
                                                 teacher.get(), ranks);
}

std::unique_ptr<PreparedRun<PretrainConfig>> prepare_pretraining(const PretrainConfig& config,
                                                                 LoadNotes notes, Communicator& ranks) {
  return std::make_unique<PretrainRun>(config, notes, ranks);
}

}  // namespace

TrainOutcome run_pretraining(const PretrainConfig& config, const RunOptions& options) {
  const auto ranks = connect_ranks(config.dist);
  return run_training<PretrainConfig>(config, options, prepare_pretraining, *ranks).training;
}

PreflightReport check_pretraining(const PretrainConfig& config) {
  require_one_process("--check");
  return check_training<PretrainConfig>(config, prepare_pretraining);
}

}  // namespace rpp
