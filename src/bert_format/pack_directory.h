// A Hugging Face model directory as the contents of a model file.
#pragma once

#include <deque>
#include <filesystem>
#include <string>

#include "bert_format/model_export.h"
#include "bert_format/model_file.h"
#include "io/safetensors.h"

namespace rpp {

// The contents and the storage of its views: addresses in a deque are stable.
struct PackedDirectory {
  ModelContents contents;
  std::deque<PackedTensor> tensors;
  std::deque<std::string> texts;
};

// As documented for export_model. `weights` is the directory's model.safetensors.
PackedDirectory pack_directory(const std::filesystem::path& model_dir, const SafetensorsFile& weights,
                               const ExportOptions& options = {});

}  // namespace rpp
