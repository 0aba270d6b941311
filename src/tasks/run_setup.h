// What pre-training and fine-tuning runs prepare alike.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "config/config.h"
#include "model/bert.h"
#include "model/hf_checkpoint.h"
#include "rpp/tokenizer.h"
#include "tasks/teacher.h"

namespace rpp {

// Whether loading a model is worth a line in the log: not where a checkpoint replaces its weights at once.
enum class LoadNotes { log, quiet };

// The model of a directory, or of a configs/model/ file with new weights. What the file lacks, or `options`
// leave out, is initialised and named in the log. Throws Error when the tokenizer has ids that the model's
// vocabulary lacks, or the model has no positions for max_seq_length.
std::unique_ptr<Bert> load_model(const std::filesystem::path& dir, const HeadSpec& heads,
                                 const Tokenizer& tokenizer, const TrainConfig& train, LoadNotes notes,
                                 const LoadOptions& options = {});
std::unique_ptr<Bert> new_model(const std::filesystem::path& config_file, const HeadSpec& heads,
                                const Tokenizer& tokenizer, const TrainConfig& train);
void check_vocabulary(const Bert& model, const Tokenizer& tokenizer);
void check_sequence_length(const Bert& model, int64_t max_seq_length);

// Null where distill.teacher is empty. Throws as Teacher does.
std::unique_ptr<Teacher> find_teacher(const DistillConfig& distill, const Tokenizer& tokenizer,
                                      const Bert& student, const TrainConfig& train);

// The mask.safetensors beside a model, where there is one.
std::optional<std::filesystem::path> mask_beside(const std::filesystem::path& model_dir);

// Without prune.mask, "fixed" holds the mask beside the model, else the model's zeros; a model that has none
// is trained dense, which the log says.
PruneConfig resolve_fixed(PruneConfig prune, const std::filesystem::path& model_dir, Bert& model);

}  // namespace rpp
