// Hugging Face model directories to model files and back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "io/safetensors.h"

namespace rpp {

// f32, bf16, f16 or i8.
struct ExportOptions {
  Dtype values = Dtype::f32;  // of matrices
  Dtype embeddings = Dtype::f32;
};

struct ExportedSize {
  int64_t dense = 0;   // bytes of what was exported
  int64_t packed = 0;  // bytes in the model file
  int64_t zstd = 0;    // what zstd makes of the dense bytes
};

struct ExportReport {
  int64_t num_pruned = 0;  // matrices that are stored without their zeros
  double prune_ratio = 0;  // zeros over entries of these
  ExportedSize pruned;     // these alone
  ExportedSize whole;      // the file
  bool has_tokenizer = false;
};

// Writes `output` of model.safetensors (F64, F32, F16, BF16), config.json, and what is there of tokenizer
// files and *_results.json. Each matrix is packed as is smallest; vectors stay fp32, embeddings dense. Left
// out: position_ids, and a decoder equal to the word embeddings. Throws Error naming file and tensor for what
// is missing, is no weight, or does not fit the options' types.
void export_model(const std::filesystem::path& model_dir, const std::filesystem::path& output,
                  const ExportOptions& options = {});

// What an export saved, and its table.
ExportReport measure_export(const std::filesystem::path& model_dir, const std::filesystem::path& model_file);
std::string format_report(const ExportReport& report);

// Writes the model directory back, weights as F32: those exported as f32 are equal bit by bit, but that zeros
// are positive. Throws Error when `output` exists already.
void unpack_model(const std::filesystem::path& model_file, const std::filesystem::path& output);

}  // namespace rpp
