// Hugging Face model directories to model files and back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/safetensors.h"

namespace rpp {

// f32, bf16, f16 or i8.
struct ExportOptions {
  Dtype values = Dtype::f32;  // of matrices
  Dtype embeddings = Dtype::f32;
};

struct ExportedSize {
  int64_t dense = 0;   // bytes before export
  int64_t packed = 0;  // bytes in the model file
  int64_t zstd = 0;    // size of the dense bytes after zstd
};

struct ExportReport {
  int64_t num_pruned = 0;  // matrices stored without their zeros
  double prune_ratio = 0;  // zeros over entries of these matrices
  ExportedSize pruned;     // these matrices only
  ExportedSize whole;      // the whole file
  bool has_tokenizer = false;
  std::vector<std::string> left_out;  // tensors that the file lacks, except tied decoders and buffers
};

// Writes `output` from model.safetensors or its shards (F64, F32, F16, BF16), config.json, and those of the
// tokenizer files and *_results.json that exist. Each matrix has its smallest packing; vectors stay fp32,
// embeddings dense. Omitted: position_ids, a decoder equal to the word embeddings, the masked-LM head if its
// decoder differs from them, and unknown tensors other than vectors and matrices of floats. Throws Error
// naming file and tensor if something is missing, is not a float tensor, or does not fit the requested types.
void export_model(const std::filesystem::path& model_dir, const std::filesystem::path& output,
                  const ExportOptions& options = {});

// Reports what an export saved, and formats it as a table.
ExportReport measure_export(const std::filesystem::path& model_dir, const std::filesystem::path& model_file);
std::string format_report(const ExportReport& report);

// Writes the model directory back, weights as F32: those exported as f32 are bit-identical, except that zeros
// are positive. Throws Error when `output` exists already.
void unpack_model(const std::filesystem::path& model_file, const std::filesystem::path& output);

}  // namespace rpp
