#include "weights.h"

#include <algorithm>
#include <atomic>

#include "architecture.h"
#include "bert_format/model_file.h"
#include "break_even.h"
#include "core/parallel_for.h"
#include "io/packed_tensor.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Matrices = RuntimeOptions::Matrices;

double zeros_of(const PackedView& weights) {
  return 1.0 - static_cast<double>(weights.num_values()) / static_cast<double>(weights.num_entries());
}

// A matrix with at least this share of zeros is multiplied without them. It is measured only if some matrix
// of the model lies between the two limits of break_even.h.
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

void replace_suffix(std::string& name, std::string_view from, std::string_view to) {
  if (name.ends_with(from)) name.replace(name.size() - from.size(), from.size(), to);
}

// Old files say gamma and beta; bare encoders have no "bert." before their names.
std::vector<std::string> names_in_files(const std::string& name) {
  std::string old = name;
  replace_suffix(old, "LayerNorm.weight", "LayerNorm.gamma");
  replace_suffix(old, "LayerNorm.bias", "LayerNorm.beta");
  std::vector<std::string> names = {name, old};
  if (name.starts_with("bert.")) names.insert(names.end(), {name.substr(5), old.substr(5)});
  return names;
}

// Reads the weights twice: first only their sizes, so that a model that lacks one is refused before anything
// is allocated.
class WeightReader {
 public:
  enum class Pass { sizes, values };

  WeightReader(const ModelFile& file, double sparse_from, int64_t hidden, Pass pass)
      : file_(file), sparse_from_(sparse_from), hidden_(hidden), pass_(pass) {}

  bool has(const std::string& name) const { return find(name) != nullptr; }
  int64_t rows_of(const std::string& name) const { return require(name).data.rows; }
  int64_t num_sparse() const { return num_sparse_; }

  PackedView table(const std::string& name, int64_t rows) const {
    const PackedView& table = matrix(name, rows, hidden_);
    RPP_CHECK(table.packing == Packing::dense, "{}: {} is packed, embeddings are dense", file_.path(), name);
    return table;
  }

  std::vector<float> vector(const std::string& name, int64_t size) const {
    const PackedView& packed = matrix(name, 1, size);
    if (pass_ == Pass::sizes) return {};
    std::vector<float> values(static_cast<size_t>(size));
    unpack_into(packed, values);
    return values;
  }

  LayerNorm norm(const std::string& name) const {
    return {.weight = vector(name + ".weight", hidden_), .bias = vector(name + ".bias", hidden_)};
  }

  Linear linear(const std::string& name, int64_t rows, int64_t cols) {
    const PackedView& weights = matrix(name + ".weight", rows, cols);
    return make_linear(weights, vector(name + ".bias", rows));
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
  const ModelTensor* find(const std::string& name) const {
    for (const auto& candidate : names_in_files(name)) {
      if (const ModelTensor* tensor = file_.find(candidate)) return tensor;
    }
    return nullptr;
  }

  std::filesystem::path weights_file() const {
    return std::filesystem::is_directory(file_.path()) ? file_.path() / "model.safetensors" : file_.path();
  }

  const ModelTensor& require(const std::string& name) const {
    const ModelTensor* tensor = find(name);
    RPP_CHECK(tensor != nullptr, "{} has no tensor {}, which config.json asks for", weights_file(), name);
    return *tensor;
  }

  const PackedView& matrix(const std::string& name, int64_t rows, int64_t cols) const {
    const PackedView& data = require(name).data;
    RPP_CHECK(data.rows == rows && data.cols == cols,
              "{}: tensor {} is {} x {}, config.json asks for {} x {}: is it of another model?", file_.path(),
              name, data.rows, data.cols, rows, cols);
    if (pass_ == Pass::values) check_finite(data, fmt::format("{}: tensor {}", weights_file(), name));
    return data;
  }

  const ModelFile& file_;
  double sparse_from_;
  int64_t hidden_;
  Pass pass_;
  std::atomic<int64_t> num_sparse_ = 0;  // layers are read by several threads
};

EncoderLayer read_layer(WeightReader& reader, int64_t index, const LayerShape& shape, int64_t hidden) {
  const auto name = [index](const char* rest) {
    return fmt::format("bert.encoder.layer.{}.{}", index, rest);
  };
  const int64_t query_key = shape.num_heads * shape.query_key_dim, value = shape.num_heads * shape.value_dim;
  return {.query = reader.linear(name("attention.self.query"), query_key, hidden),
          .key = reader.linear(name("attention.self.key"), query_key, hidden),
          .value = reader.linear(name("attention.self.value"), value, hidden),
          .attention_output = reader.linear(name("attention.output.dense"), hidden, value),
          .attention_norm = reader.norm(name("attention.output.LayerNorm")),
          .intermediate = reader.linear(name("intermediate.dense"), shape.intermediate_size, hidden),
          .output = reader.linear(name("output.dense"), hidden, shape.intermediate_size),
          .output_norm = reader.norm(name("output.LayerNorm"))};
}

void read_heads(WeightReader& reader, Weights& weights) {
  ModelSizes& sizes = weights.sizes;
  const int64_t hidden = sizes.hidden;
  sizes.pooler = reader.has("bert.pooler.dense.weight");
  if (sizes.pooler) weights.pooler = reader.linear("bert.pooler.dense", hidden, hidden);
  if (sizes.pooler && reader.has("classifier.weight")) {
    sizes.labels = reader.rows_of("classifier.weight");
    weights.classifier = reader.linear("classifier", sizes.labels, hidden);
  }
  sizes.span = reader.has("qa_outputs.weight");
  if (sizes.span) weights.span = reader.linear("qa_outputs", 2, hidden);
  sizes.mlm = reader.has("cls.predictions.transform.dense.weight");
  if (!sizes.mlm) return;
  const bool named_by_decoder = !reader.has("cls.predictions.bias");
  const char* bias = named_by_decoder ? "cls.predictions.decoder.bias" : "cls.predictions.bias";
  weights.mlm = {.transform = reader.linear("cls.predictions.transform.dense", hidden, hidden),
                 .norm = reader.norm("cls.predictions.transform.LayerNorm"),
                 .decoder = reader.make_linear(weights.word_embeddings, reader.vector(bias, sizes.vocab))};
}

void read_all(WeightReader& reader, Weights& weights) {
  const ModelSizes& sizes = weights.sizes;
  weights.word_embeddings = reader.table("bert.embeddings.word_embeddings.weight", sizes.vocab);
  weights.position_embeddings = reader.table("bert.embeddings.position_embeddings.weight", sizes.positions);
  weights.token_type_embeddings =
      reader.table("bert.embeddings.token_type_embeddings.weight", sizes.token_types);
  weights.embedding_norm = reader.norm("bert.embeddings.LayerNorm");
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

void Linear::apply(const Kernels& kernels, int64_t block, const float* x, float* y, int64_t groups) const {
  const int64_t first_row = block * block_rows();
  const float* block_bias = bias.data() + first_row;
  y += first_row * kTileTokens;
  if (const auto* sparse = std::get_if<SparseMatrix>(&matrix)) {
    return kernels.sparse_matmul(*sparse, block, block_bias, x, y, groups);
  }
  DenseView rows_of_block = std::get<DenseView>(matrix);
  rows_of_block.values += first_row * rows_of_block.row_stride;
  rows_of_block.rows = std::min(block_rows(), rows - first_row);
  kernels.dense_matmul(rows_of_block, block_bias, x, y, groups);
}

Weights read_weights(const ModelFile& file, const RuntimeOptions& options) {
  Architecture architecture = read_architecture(file);
  Weights weights{.sizes = std::move(architecture.sizes),
                  .kernels = &find_kernels(options.kernels),
                  .layer_norm_eps = architecture.layer_norm_eps};
  const ModelSizes& sizes = weights.sizes;
  weights.sparse_from = sparse_from(file, options, *weights.kernels);
  for (const auto pass : {WeightReader::Pass::sizes, WeightReader::Pass::values}) {
    WeightReader reader(file, weights.sparse_from, sizes.hidden, pass);
    read_all(reader, weights);
    weights.num_sparse = reader.num_sparse();
  }
  return weights;
}

}  // namespace rpp
