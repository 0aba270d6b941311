// The prunable matrices of a finished model, straight from its file, and which of their entries are zero.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "plan/sparsity.h"
#include "rpp/flat_matrix.h"

namespace rpp {

struct ModelZeros {
  std::filesystem::path directory;
  std::vector<FlatMatrix> matrices;             // in the order of training's flat buffer, so that masks fit
  std::vector<uint8_t> nonzero;                 // [num_prunable], 1 = not zero
  int64_t num_parameters = 0;                   // in the file, heads included, the tied decoder counted once
  std::map<std::string, std::string> metadata;  // of model.safetensors
};

// Any Hugging Face BERT directory. Throws Error as read_model_config does, and naming file and tensor for one
// that is missing, does not fit config.json or is not finite.
ModelZeros read_zeros(const std::filesystem::path& model_dir);

SparsityReport sparsity_report(const ModelZeros& model);

// "pruned by rpp_preconditioned in blocks of 1 x 4, the last 300 of 1000 steps with a fixed mask\n", from the
// metadata of the model; empty for a dense model and for one of another program.
std::string format_method(const ModelZeros& model);

// The fraction of the zeros that are in blocks of four neighbouring inputs of an output, all of them zero:
// those that int8 layers skip. Of 80 % zeros at random it is 0.8^3, about half. 0 without zeros.
double share_in_blocks(const ModelZeros& model);

// "51.2 % of the zeros are in blocks of 1 x 4\n"; empty if none is.
std::string format_blocks(const ModelZeros& model);

// What a mask file keeps of the model, or the non-zero entries of another model's directory: u8
// [num_prunable], 1 = kept. Throws Error when the file is damaged or of a different architecture.
std::vector<uint8_t> mask_from(const std::filesystem::path& source, const ModelZeros& model);

// Throws Error when the prunable matrices of two models differ.
void check_same_matrices(const ModelZeros& a, const ModelZeros& b);

}  // namespace rpp
