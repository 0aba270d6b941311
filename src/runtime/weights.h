// The weights of a RuntimeModel. Names are Hugging Face's.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "bert_format/model_file.h"
#include "core/nonlinearity.h"
#include "io/packed_tensor.h"
#include "kernels.h"
#include "rpp/runtime_model.h"

namespace rpp {

// A tile as the input of a matrix: fp32 for one in fp32, int8 for one in int8.
struct LinearInput {
  const float* x = nullptr;  // [cols, 64]
  QuantisedTile quantised = {};
};

// y = W x + b, in blocks of rows: the unit of work of one thread.
struct Linear {
  static constexpr int64_t kBlockRows = 96;
  static_assert(SparseMatrix::kBlockRows == kBlockRows && SparseQuads::kBlockRows == kBlockRows);

  int64_t rows = 0;
  int64_t cols = 0;
  std::variant<DenseView, SparseMatrix, DenseQuads, SparseQuads> matrix;
  std::vector<float> storage;  // of a dense matrix in fp32 that the file does not store so
  QuadMatrix quads;            // of a matrix in int8; a sparse one has its quads in `matrix`
  std::vector<float> bias;     // [rows]

  bool is_sparse() const {
    return std::holds_alternative<SparseMatrix>(matrix) || std::holds_alternative<SparseQuads>(matrix);
  }
  bool is_int8() const {
    return std::holds_alternative<DenseQuads>(matrix) || std::holds_alternative<SparseQuads>(matrix);
  }
  int64_t num_blocks() const { return (rows + kBlockRows - 1) / kBlockRows; }
  // y: [rows, 64], of which only the block's rows are written.
  void apply(const Kernels& kernels, int64_t block, const LinearInput& input, float* y, int64_t groups) const;
};

// In int8: sparse if at least `sparse_from` of the quads are zero. rows, cols and bias are not set.
Linear make_int8(const PackedView& weights, double sparse_from);

struct LayerNorm {
  std::vector<float> weight, bias;  // [features]
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

// What the distance of two tokens adds to a head's scores.
struct RelativeBias {
  int64_t longest = 0;        // tokens of a sequence
  std::vector<float> values;  // [heads, 2 * longest - 1]

  // Of the query itself; the key k places before it is at [k], the one behind it at [-k].
  const float* centre(int64_t head) const { return values.data() + head * (2 * longest - 1) + longest - 1; }
};

struct Weights {
  ModelSizes sizes;
  const Kernels* kernels = nullptr;
  float layer_norm_eps = 0;
  PackedView word_embeddings, position_embeddings;  // dense
  std::optional<PackedView> token_type_embeddings;
  LayerNorm embedding_norm;
  std::optional<Linear> embedding_projection;
  std::optional<RelativeBias> relative_bias;
  std::vector<EncoderLayer> layers;
  std::optional<Linear> pooler, classifier, token_classifier, span;
  Nonlinearity pooler_activation = Nonlinearity::tanh;
  std::optional<MlmHead> mlm;
  bool int8 = false;       // the matrices of the layers
  double sparse_from = 0;  // zeros over entries of a matrix in fp32
  int64_t num_sparse = 0;
};

// The file must outlive the weights.
Weights read_weights(const ModelFile& file, const RuntimeOptions& options);

}  // namespace rpp
