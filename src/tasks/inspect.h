// Finished models as they lie in their directories: opened with the heads they hold, their zeros proven,
// their outputs for given texts.
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
  int64_t num_parameters = 0;          // that the file holds, heads included, the tied decoder once
};

// Any Hugging Face BERT directory, with the pooler and the heads that its file holds. Throws Error as
// read_model_config and load_weights do.
OpenModel open_model(const std::filesystem::path& directory, const OpenOptions& options = {});

// u8 [num_prunable], 1 = kept: what a mask file says, or the non-zero entries of another model's directory.
// Throws Error when the file is damaged or either is of another architecture than `model`.
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

// Compares the model's zeros with its own mask.safetensors, or with mask_from(against) when that is not
// empty. Throws Error when the directory's manifest does not match its files, when the model was saved with
// another mask than the one beside it, or when there is no mask at all.
ZeroProof prove_zeros(const std::filesystem::path& model_dir, const std::filesystem::path& against = {});
std::string format_proof(const ZeroProof& proof);

// A row per matrix of the overlap of what two models prune (prune/compare.h). Throws Error when their
// matrices differ.
std::string compare_models(const std::filesystem::path& model_a, const std::filesystem::path& model_b);

// One text a line, or a pair with a tab between; plain, .gz or .zst. Throws Error for a line with more tabs
// or an empty second text, and for a file without lines.
std::vector<GlueExample> read_texts(const std::filesystem::path& file);

// Without dropout, in fp32 on the CPU: input_ids and token_type_ids [tokens], cu_seqlens [texts + 1],
// last_hidden_state [tokens, hidden], pooler_output [texts, hidden] and logits [texts, num_labels] where the
// model has them. max_seq_length 0: as many as the model has positions.
NamedTensors forward_texts(const Bert& bert, const Tokenizer& tokenizer, std::span<const GlueExample> texts,
                           int64_t max_seq_length = 0);

struct ForwardFileOptions {
  int64_t max_seq_length = 0;
  std::string precision = "fp32";  // or bf16
};
struct ForwardCounts {
  int64_t texts = 0, tokens = 0;
};
// forward_texts of the lines of a file (read_texts), as a safetensors file.
ForwardCounts forward_file(const std::filesystem::path& model_dir, const std::filesystem::path& input,
                           const std::filesystem::path& output, const ForwardFileOptions& options);

}  // namespace rpp
