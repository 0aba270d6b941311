// Inspects finished model directories: opens them with their heads, verifies their zeros, computes outputs
// for given texts.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/glue.h"
#include "model/bert.h"
#include "optim/flat_params.h"
#include "prune/report.h"
#include "rpp/tokenizer.h"
#include "train/tensors.h"

namespace rpp {

struct OpenOptions {
  Precision precision = Precision::fp32;
  torch::Device device = torch::kCPU;
};

struct OpenModel {
  std::filesystem::path directory;
  std::unique_ptr<Bert> bert;
  std::unique_ptr<FlatParams> params;  // of bert, laid out as in training, so that masks fit
  int64_t num_parameters = 0;          // in the file, including heads, the tied decoder once
};

// Opens any Hugging Face BERT directory, with the pooler and heads in its file. Throws Error as
// read_model_config and load_weights do.
OpenModel open_model(const std::filesystem::path& directory, const OpenOptions& options = {});

// u8 [num_prunable], 1 = kept: from a mask file, or the non-zero entries of another model's directory. Throws
// Error when the file is damaged or either is of another architecture than `model`.
torch::Tensor mask_from(const std::filesystem::path& source, const OpenModel& model);
// The model's own non-zero entries.
torch::Tensor nonzero_mask(const OpenModel& model);

struct MatrixDrift {
  std::string name;
  int64_t masked = 0;
  int64_t drifted = 0;
};

struct ZeroProof {
  std::filesystem::path mask_source;
  std::string mask_sha256;
  bool has_manifest = false;  // and every file of the directory matches it
  DriftReport total;
  std::vector<MatrixDrift> drifted;  // only the matrices that drifted
  bool holds() const { return total.drifted == 0; }
};

// Verifies the model's zeros against its own mask.safetensors, or against mask_from(against) if that is not
// empty. Throws Error when the directory's manifest does not match its files, when the model was saved with
// another mask than the one beside it, or when there is no mask at all.
ZeroProof prove_zeros(const std::filesystem::path& model_dir, const std::filesystem::path& against = {});
std::string format_proof(const ZeroProof& proof);

// The overlap of the entries that two models prune, one row per matrix (prune/compare.h). Throws Error when
// their matrices differ.
std::string compare_models(const std::filesystem::path& model_a, const std::filesystem::path& model_b);

// One text per line, or a pair separated by a tab; plain, .gz or .zst. Throws Error for a line with more tabs
// or an empty second text, and for a file without lines.
std::vector<GlueExample> read_texts(const std::filesystem::path& file);

// Without dropout, in fp32 on the CPU: input_ids and token_type_ids [tokens], cu_seqlens [texts + 1],
// last_hidden_state [tokens, hidden], pooler_output [texts, hidden] and logits [texts, num_labels] if the
// model has them. max_seq_length 0: the model's number of positions.
NamedTensors forward_texts(const Bert& bert, const Tokenizer& tokenizer, std::span<const GlueExample> texts,
                           int64_t max_seq_length = 0);

struct ForwardFileOptions {
  int64_t max_seq_length = 0;
  std::string precision = "fp32";  // or bf16
};
struct ForwardCounts {
  int64_t texts = 0, tokens = 0;
};
// forward_texts for the lines of a file (read_texts), written as a safetensors file.
ForwardCounts forward_file(const std::filesystem::path& model_dir, const std::filesystem::path& input,
                           const std::filesystem::path& output, const ForwardFileOptions& options);

}  // namespace rpp
