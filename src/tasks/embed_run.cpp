// Runs of task embed: a sentence encoder is pruned while it learns from its dense self.
#include <memory>

#include "bert_format/model_file.h"
#include "finetune_run.h"
#include "model/heads_of.h"
#include "rpp/error.h"
#include "tasks/embed_task.h"
#include "tasks/sentence_pooling.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

// Everything that a run needs, in order of creation.
struct EmbedRun : FinetuneRun {
  EmbedRun(const FinetuneConfig& given, LoadNotes notes, Communicator& ranks);

  Task& task() override { return *embed_task; }
  Metrics write_outputs(const TrainOutcome& outcome) override;

  EmbedData data;
  std::unique_ptr<EmbedTask> embed_task;
};

// Without a teacher the dense model that is pruned is its own.
DistillConfig teacher_of(const FinetuneConfig& config) {
  DistillConfig distill = config.distill;
  if (!distill.teacher.empty()) return distill;
  if (config.prune.method == PruneMethod::fixed) {
    fail_usage(
        "distill.teacher is not set: with prune.method fixed the model is pruned already, name the dense "
        "model");
  }
  distill.teacher = config.model;
  return distill;
}

EmbedRun::EmbedRun(const FinetuneConfig& given, LoadNotes notes, Communicator& ranks)
    : FinetuneRun(given, ranks) {
  if (!config.class_weights.empty() || config.label_smoothing > 0) {
    fail_usage("class_weights or label_smoothing is set, but task embed has no labels: leave them out");
  }
  tokenizer = load_tokenizer(config.model);
  const DistillConfig distill = teacher_of(config);
  const SentenceEmbedding embedding = read_sentence_embedding(ModelFile(config.model));
  check_trainable(embedding, config.model);
  data = load_embed_data(config, *tokenizer);
  set_steps(static_cast<int64_t>(data.train.size()));
  set_model(
      load_model(config.model, {.pooler = heads_of(config.model).pooler}, *tokenizer, config.train, notes));
  teacher = find_teacher(distill, *tokenizer, *model, config.train);
  embed_task = std::make_unique<EmbedTask>(*model, *tokenizer, data,
                                           EmbedSettings{.train = config.train,
                                                         .weight = distill.weight,
                                                         .embedding = embedding,
                                                         .model_dir = config.model,
                                                         .max_seq_length = config.max_seq_length},
                                           *teacher, ranks);
}

Metrics EmbedRun::write_outputs(const TrainOutcome& outcome) {
  const auto pairs = static_cast<double>(data.similarity.first.size() + data.retrieval.queries.size());
  return write_metrics(outcome, data.train.size(), {{"eval_samples", pairs}});
}

}  // namespace

PreparedFinetuning prepare_embed(const FinetuneConfig& config, LoadNotes notes, Communicator& ranks) {
  return std::make_unique<EmbedRun>(config, notes, ranks);
}

}  // namespace rpp
