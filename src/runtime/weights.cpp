#include "weights.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "bert_format/description.h"
#include "bert_format/relative_position.h"
#include "break_even.h"
#include "core/parallel_for.h"
#include "io/packed_tensor.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Arithmetic = RuntimeOptions::Arithmetic;
using Matrices = RuntimeOptions::Matrices;

double zeros_of(const PackedView& weights) {
  return 1.0 - static_cast<double>(weights.num_values()) / static_cast<double>(weights.num_entries());
}

// The prune ratio from which a matrix is multiplied in sparse form. Measured only if some matrix of the model
// is between the two limits of break_even.h.
double sparse_from(const ModelFile& file, const RuntimeOptions& options, const Kernels& kernels) {
  if (options.matrices == Matrices::sparse) return 0.0;
  if (options.matrices == Matrices::dense) return 2.0;
  const auto& tensors = file.contents().tensors;
  const bool between = std::any_of(tensors.begin(), tensors.end(), [](const ModelTensor& tensor) {
    const double zeros = zeros_of(tensor.data);
    return zeros >= kNeverSparseBelow && zeros < kAlwaysSparseFrom;
  });
  return between ? break_even_ratio(kernels) : kAlwaysSparseFrom;
}

double quads_sparse_from(Matrices matrices, const Kernels& kernels) {
  if (matrices == Matrices::automatic) return kernels.sparse_quads_from;
  return matrices == Matrices::sparse ? 0.0 : 2.0;
}

ModelSizes sizes_of(const ModelDescription& description) {
  const ModelConfig& config = description.config();
  const StoredHeads heads = description.heads();
  ModelSizes sizes{.vocab = config.vocab_size,
                   .hidden = config.hidden_size,
                   .embedding = embedding_dim(config),
                   .positions = max_tokens(config),
                   .first_position = first_position(config),
                   .token_types = config.type_vocab_size,
                   .pooler = heads.pooler,
                   .labels = heads.num_labels,
                   .token_labels = heads.num_token_labels,
                   .span = heads.span,
                   .mlm = heads.masked_lm};
  const auto head_dim = static_cast<float>(config.hidden_size / config.num_attention_heads);
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const LayerSizes layer = sizes_of_layer(config, i);
    sizes.layers.push_back({.num_heads = layer.num_attention_heads,
                            .query_key_dim = layer.query_key_dim,
                            .value_dim = layer.value_dim,
                            .intermediate_size = layer.intermediate_size,
                            .score_scale = 1.0F / std::sqrt(head_dim)});
  }
  return sizes;
}

// Reads the weights twice: first only their sizes, so that a missing tensor is reported before anything is
// allocated.
class WeightReader {
 public:
  enum class Pass { sizes, values };

  WeightReader(const TensorIndex<ModelTensor>& tensors, double sparse_from, Pass pass)
      : tensors_(tensors), sparse_from_(sparse_from), pass_(pass) {}

  // Of zero quads; no value: the layers' matrices stay in fp32.
  void set_int8_sparse_from(std::optional<double> share) { int8_sparse_from_ = share; }

  int64_t num_sparse() const { return num_sparse_; }

  PackedView table(std::string_view name, int64_t rows, int64_t cols) const {
    const PackedView& table = matrix(name, rows, cols);
    RPP_CHECK(table.packing == Packing::dense, "{}: {} is packed, embeddings are dense", tensors_.file(),
              name);
    return table;
  }

  std::vector<float> vector(std::string_view name, int64_t size) const {
    const PackedView& packed = matrix(name, 1, size);
    if (pass_ == Pass::sizes) return {};
    std::vector<float> values(static_cast<size_t>(size));
    unpack_into(packed, values);
    return values;
  }

  LayerNorm norm(std::string_view name, int64_t size) const {
    return {.weight = vector(weight_of(name), size), .bias = vector(bias_of(name), size)};
  }

  RelativeBias relative_bias(int64_t num_heads, int64_t longest) const {
    const PackedView& packed = matrix(kRelativePositionBias, kPositionBuckets, num_heads);
    RelativeBias bias{.longest = longest, .values = {}};
    if (pass_ == Pass::sizes) return bias;
    std::vector<float> table(static_cast<size_t>(kPositionBuckets * num_heads));  // [buckets, heads]
    unpack_into(packed, table);
    for (int64_t head = 0; head < num_heads; ++head) {
      for (int64_t before = 1 - longest; before < longest; ++before) {
        const int64_t bucket = relative_position_bucket(-before);
        bias.values.push_back(table[static_cast<size_t>(bucket * num_heads + head)]);
      }
    }
    return bias;
  }

  Linear linear(std::string_view name, int64_t rows, int64_t cols) {
    const PackedView& weights = matrix(weight_of(name), rows, cols);
    return make_linear(weights, vector(bias_of(name), rows));
  }

  // Of a layer: in int8 if the options say so.
  Linear layer_linear(std::string_view name, int64_t rows, int64_t cols) {
    if (!int8_sparse_from_ || pass_ == Pass::sizes) return linear(name, rows, cols);
    Linear linear = make_int8(matrix(weight_of(name), rows, cols), *int8_sparse_from_);
    linear.rows = rows, linear.cols = cols;
    linear.bias = vector(bias_of(name), rows);
    num_sparse_ += linear.is_sparse() ? 1 : 0;
    return linear;
  }

  Linear make_linear(const PackedView& weights, std::vector<float> bias) {
    Linear linear{.rows = weights.rows, .cols = weights.cols, .bias = std::move(bias)};
    if (pass_ == Pass::sizes) return linear;
    if (zeros_of(weights) >= sparse_from_) {
      linear.matrix = make_sparse(weights);
      ++num_sparse_;
      return linear;
    }
    DenseView view{.rows = weights.rows, .depth = weights.cols, .row_stride = weights.cols};
    if (weights.packing == Packing::dense && weights.dtype == Dtype::f32) {
      view.values = reinterpret_cast<const float*>(weights.values.data());
    } else {
      linear.storage.resize(static_cast<size_t>(weights.num_entries()));
      unpack_into(weights, linear.storage);
      view.values = linear.storage.data();
    }
    linear.matrix = view;
    return linear;
  }

 private:
  const PackedView& matrix(std::string_view name, int64_t rows, int64_t cols) const {
    const PackedView& data = tensors_.at(name).data;
    RPP_CHECK(data.rows == rows && data.cols == cols,
              "{}: tensor {} is {} x {}, config.json asks for {} x {}: is it of another model?",
              tensors_.file(), name, data.rows, data.cols, rows, cols);
    if (pass_ == Pass::values) check_finite(data, fmt::format("{}: tensor {}", tensors_.file(), name));
    return data;
  }

  const TensorIndex<ModelTensor>& tensors_;
  double sparse_from_;
  std::optional<double> int8_sparse_from_;
  Pass pass_;
  std::atomic<int64_t> num_sparse_ = 0;  // layers are read by several threads
};

EncoderLayer read_layer(WeightReader& reader, int64_t index, const LayerShape& shape, int64_t hidden) {
  const LayerNames names = layer_names(index);
  const int64_t query_key = shape.num_heads * shape.query_key_dim, value = shape.num_heads * shape.value_dim;
  return {.query = reader.layer_linear(names.query, query_key, hidden),
          .key = reader.layer_linear(names.key, query_key, hidden),
          .value = reader.layer_linear(names.value, value, hidden),
          .attention_output = reader.layer_linear(names.attention_output, hidden, value),
          .attention_norm = reader.norm(names.attention_norm, hidden),
          .intermediate = reader.layer_linear(names.intermediate, shape.intermediate_size, hidden),
          .output = reader.layer_linear(names.output, hidden, shape.intermediate_size),
          .output_norm = reader.norm(names.output_norm, hidden)};
}

void read_heads(WeightReader& reader, Weights& weights) {
  const ModelSizes& sizes = weights.sizes;
  const int64_t hidden = sizes.hidden;
  if (sizes.pooler) weights.pooler = reader.linear(kPooler, hidden, hidden);
  if (sizes.labels > 0) weights.classifier = reader.linear(kClassifier, sizes.labels, hidden);
  if (sizes.token_labels > 0)
    weights.token_classifier = reader.linear(kClassifier, sizes.token_labels, hidden);
  if (sizes.span) weights.span = reader.linear(kSpanHead, 2, hidden);
  if (!sizes.mlm) return;
  weights.mlm = {
      .transform = reader.linear(kMlmTransform, sizes.embedding, hidden),
      .norm = reader.norm(kMlmNorm, sizes.embedding),
      .decoder = reader.make_linear(weights.word_embeddings, reader.vector(kMlmBias, sizes.vocab))};
}

Nonlinearity pooler_activation(ModelFamily family) {
  if (family == ModelFamily::distilbert) return Nonlinearity::relu;
  return family == ModelFamily::electra ? Nonlinearity::gelu : Nonlinearity::tanh;
}

void read_all(WeightReader& reader, const ModelConfig& config, Weights& weights) {
  const ModelSizes& sizes = weights.sizes;
  const int64_t columns = sizes.embedding;
  weights.word_embeddings = reader.table(kWordEmbeddings, sizes.vocab, columns);
  weights.position_embeddings =
      reader.table(kPositionEmbeddings, sizes.first_position + sizes.positions, columns);
  if (has_token_types(config)) {
    weights.token_type_embeddings = reader.table(kTokenTypeEmbeddings, sizes.token_types, columns);
  }
  weights.embedding_norm = reader.norm(kEmbeddingNorm, columns);
  if (columns != sizes.hidden)
    weights.embedding_projection = reader.linear(kEmbeddingProjection, sizes.hidden, columns);
  if (has_relative_positions(config))
    weights.relative_bias = reader.relative_bias(config.num_attention_heads, sizes.positions);
  weights.layers.resize(sizes.layers.size());
  parallel_for(static_cast<int64_t>(sizes.layers.size()), 0, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto layer = static_cast<size_t>(i);
      weights.layers[layer] = read_layer(reader, i, sizes.layers[layer], sizes.hidden);
    }
  });
  read_heads(reader, weights);
}

}  // namespace

void Linear::apply(const Kernels& kernels, int64_t block, const LinearInput& input, float* y,
                   int64_t groups) const {
  const int64_t first_row = block * kBlockRows, num_rows = std::min(kBlockRows, rows - first_row);
  const float* block_bias = bias.data() + first_row;
  y += first_row * kTileTokens;
  const auto rows_of_block = [&](auto dense) {
    dense.values += first_row * dense.row_stride;
    dense.rows = num_rows;
    return dense;
  };
  if (const auto* sparse = std::get_if<SparseMatrix>(&matrix)) {
    return kernels.sparse_matmul(*sparse, block, block_bias, input.x, y, groups);
  }
  if (const auto* dense = std::get_if<DenseView>(&matrix)) {
    return kernels.dense_matmul(rows_of_block(*dense), block_bias, input.x, y, groups);
  }
  auto* sums = reinterpret_cast<int32_t*>(y);  // replaced by their products below
  if (const auto* sparse = std::get_if<SparseQuads>(&matrix)) {
    kernels.sparse_quads(*sparse, block, input.quantised.quads, sums, groups);
  } else {
    kernels.dense_quads(rows_of_block(std::get<DenseQuads>(matrix)), input.quantised.quads, sums, groups);
  }
  kernels.dequantise({.count = num_rows,
                      .scales = quads.scales.data() + first_row,
                      .sums = quads.sums.data() + first_row,
                      .bias = block_bias},
                     input.quantised, sums, y, groups);
}

Linear make_int8(const PackedView& weights, double sparse_from) {
  // The system clears the pages of new memory, which takes as long as filling them.
  thread_local std::vector<Quad> memory;
  Linear linear;
  linear.quads = make_quads(weights, std::move(memory));
  std::vector<Quad>& quads = linear.quads.quads;
  const int64_t depth = num_quads(weights.cols);
  const auto zeros = static_cast<double>(std::ranges::count(quads, Quad{0}));
  if (zeros >= sparse_from * static_cast<double>(quads.size())) {
    linear.matrix = make_sparse(quads, weights.rows, depth);
    memory = std::move(quads);
    quads = {};
  } else {
    linear.matrix =
        DenseQuads{.values = quads.data(), .rows = weights.rows, .depth = depth, .row_stride = depth};
  }
  return linear;
}

Weights read_weights(const ModelFile& file, const RuntimeOptions& options) {
  const ModelDescription description(file);
  Weights weights{.sizes = sizes_of(description),
                  .kernels = &find_kernels(options.kernels),
                  .layer_norm_eps = static_cast<float>(description.config().layer_norm_eps),
                  .pooler_activation = pooler_activation(description.config().family),
                  .int8 = options.arithmetic == Arithmetic::int8};
  weights.sparse_from = sparse_from(file, options, *weights.kernels);
  for (const auto pass : {WeightReader::Pass::sizes, WeightReader::Pass::values}) {
    WeightReader reader(description.tensors(), weights.sparse_from, pass);
    if (weights.int8) reader.set_int8_sparse_from(quads_sparse_from(options.matrices, *weights.kernels));
    read_all(reader, description.config(), weights);
    weights.num_sparse = reader.num_sparse();
  }
  return weights;
}

}  // namespace rpp
