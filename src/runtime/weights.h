// The weights of a RuntimeModel. Names are Hugging Face's.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "bert_format/model_file.h"
#include "io/packed_tensor.h"
#include "kernels.h"
#include "rpp/runtime_model.h"

namespace rpp {

// y = W x + b, in blocks of rows: the unit of work of one thread.
struct Linear {
  static constexpr int64_t kDenseBlockRows = 96;

  int64_t rows = 0;
  int64_t cols = 0;
  std::variant<DenseView, SparseMatrix> matrix;
  std::vector<float> storage;  // of a dense matrix that the file does not store as fp32
  std::vector<float> bias;     // [rows]

  bool is_sparse() const { return std::holds_alternative<SparseMatrix>(matrix); }
  int64_t block_rows() const { return is_sparse() ? SparseMatrix::kBlockRows : kDenseBlockRows; }
  int64_t num_blocks() const { return (rows + block_rows() - 1) / block_rows(); }
  // x: [cols, 64], y: [rows, 64], of which only the block's rows are written.
  void apply(const Kernels& kernels, int64_t block, const float* x, float* y, int64_t groups) const;
};

struct LayerNorm {
  std::vector<float> weight, bias;  // [hidden]
};

struct EncoderLayer {
  Linear query, key, value;
  Linear attention_output;
  LayerNorm attention_norm;
  Linear intermediate;
  Linear output;
  LayerNorm output_norm;
};

struct MlmHead {
  Linear transform;
  LayerNorm norm;
  Linear decoder;  // the word embeddings
};

struct Weights {
  ModelSizes sizes;
  const Kernels* kernels = nullptr;
  float layer_norm_eps = 0;
  PackedView word_embeddings, position_embeddings, token_type_embeddings;  // dense
  LayerNorm embedding_norm;
  std::vector<EncoderLayer> layers;
  std::optional<Linear> pooler, classifier, span;
  std::optional<MlmHead> mlm;
  double sparse_from = 0;  // zeros over entries of a matrix
  int64_t num_sparse = 0;
};

// The file must outlive the weights.
Weights read_weights(const ModelFile& file, const RuntimeOptions& options);

}  // namespace rpp
