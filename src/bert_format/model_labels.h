// The label names in a model's config.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bert_format/heads.h"

namespace rpp {

struct ModelLabels {
  std::string task;                // finetuning_task; empty: not specified
  std::vector<std::string> names;  // id2label, by class, LABEL_i for null; empty: no names
  std::string problem_type;        // empty: not specified

  bool regression() const { return problem_type == "regression"; }
};

// What is wrong with these class names: a control character, which would break output lines or the terminal,
// or a duplicate. Empty: nothing.
std::string labels_complaint(std::span<const std::string> names);

// Throws Error naming the file for damaged JSON, a task or problem_type that is no text, and for an id2label
// that does not name classes 0, 1, ..., or whose names labels_complaint() refuses.
ModelLabels read_model_labels(const std::filesystem::path& model_dir);
// The same from the file's text; `file` is the name in messages.
ModelLabels parse_model_labels(std::string_view config_json, const std::filesystem::path& file);

// The activation that sentence-transformers applies to the logits of a cross-encoder, as config.json names
// it: activation_fn of "sentence_transformers", or the older sbert_ce_default_activation_function. Empty:
// none is named. Throws Error naming the file for a value of another type.
std::string parse_activation(std::string_view config_json, const std::filesystem::path& file);

// For a classifier with this number of rows: the model's names, or LABEL_0, LABEL_1, ... without names.
// Throws Error naming `model_dir` when its config.json names more or fewer.
std::vector<std::string> class_names(const ModelLabels& labels, int64_t num_rows,
                                     const std::filesystem::path& model_dir);

// The members of config.json for a classifier of these labels, as transformers writes and reads them:
// finetuning_task, problem_type unless it is empty, id2label, label2id.
nlohmann::ordered_json label_keys(const ModelLabels& labels);

// The members that name the labels alone: id2label, label2id.
nlohmann::ordered_json name_keys(std::span<const std::string> names);

// The member that names the task alone, for heads without labels.
nlohmann::ordered_json task_keys(std::string_view task);

// The member "architectures" for a model with these heads, one of which answers: the span head, else a
// classifier, else the masked LM; and for a classifier id2label with generic names,
// from which transformers derives the number of labels.
nlohmann::ordered_json architecture_keys(const StoredHeads& heads, ModelFamily family);

}  // namespace rpp
