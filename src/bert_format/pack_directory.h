// A Hugging Face model directory as the contents of a model file.
#pragma once

#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "bert_format/model_export.h"
#include "bert_format/model_file.h"
#include "io/safetensors_set.h"

namespace rpp {

// The contents and the storage of its views: addresses in a deque are stable.
struct PackedDirectory {
  ModelContents contents;
  std::deque<PackedTensor> tensors;
  std::deque<std::string> texts;
};

// Those of the tensors that a model file holds: what a model here may use, and what else is a vector or
// matrix of floating-point numbers, for the heads of other programs. Without buffers and a decoder equal to
// what it is tied to, and without the masked-LM head if its decoder is untied.
std::vector<TensorView> exported_tensors(const SafetensorsSet& weights);

// As documented for export_model. `weights` is what the directory's open_weights() returns.
PackedDirectory pack_directory(const std::filesystem::path& model_dir, const SafetensorsSet& weights,
                               const ExportOptions& options = {});

}  // namespace rpp
