// Preparation shared by pre-training and fine-tuning runs.
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

// Whether to log the loading of a model: not if a checkpoint replaces its weights at once.
enum class LoadNotes { log, quiet };

// The model of a directory, or of a configs/model/ file with new weights. Weights that the file lacks, or
// `options` exclude, are initialised and logged. Throws Error when the tokenizer has ids that the model's
// vocabulary lacks, or the model has no positions for max_seq_length.
std::unique_ptr<Bert> load_model(const std::filesystem::path& dir, const HeadSpec& heads,
                                 const Tokenizer& tokenizer, const TrainConfig& train, LoadNotes notes,
                                 const LoadOptions& options = {});
std::unique_ptr<Bert> new_model(const std::filesystem::path& config_file, const HeadSpec& heads,
                                const Tokenizer& tokenizer, const TrainConfig& train);
void check_vocabulary(const Bert& model, const Tokenizer& tokenizer);
void check_sequence_length(const Bert& model, int64_t max_seq_length);

// Null if distill.teacher is empty. Throws as Teacher does.
std::unique_ptr<Teacher> find_teacher(const DistillConfig& distill, const Tokenizer& tokenizer,
                                      const Bert& student, const TrainConfig& train);

// The mask.safetensors beside a model, if there is one.
std::optional<std::filesystem::path> mask_beside(const std::filesystem::path& model_dir);

// Without prune.mask, "fixed" uses the mask beside the model, else the model's zeros; a model without zeros
// is trained dense, and the log says so.
PruneConfig resolve_fixed(PruneConfig prune, const std::filesystem::path& model_dir, Bert& model);

}  // namespace rpp
