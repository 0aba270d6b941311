#include "analysis/model_zeros.h"

#include <algorithm>

#include "bert_format/description.h"
#include "bert_format/model_path.h"
#include "bert_format/weight_files.h"
#include "io/finite.h"
#include "io/floats.h"
#include "plan/mask_file.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

int64_t count_parameters(const TensorIndex<TensorView>& tensors) {
  int64_t count = 0;
  for (const auto& [name, tensor] : tensors.all()) {
    if (is_float(tensor->dtype) && !is_tied_decoder(name)) count += tensor->num_elements();
  }
  return count;
}

struct Shape {
  std::string name;
  int64_t rows, cols;
};

std::vector<Shape> prunable_matrices(const ModelConfig& config, int64_t layer) {
  const LayerNames names = layer_names(layer);
  const LayerSizes sizes = sizes_of_layer(config, layer);
  const int64_t hidden = config.hidden_size, units = sizes.intermediate_size;
  const int64_t query_key = sizes.num_attention_heads * sizes.query_key_dim;
  const int64_t value = sizes.num_attention_heads * sizes.value_dim;
  return {{weight_of(names.query), query_key, hidden},    {weight_of(names.key), query_key, hidden},
          {weight_of(names.value), value, hidden},        {weight_of(names.attention_output), hidden, value},
          {weight_of(names.intermediate), units, hidden}, {weight_of(names.output), hidden, units}};
}

void add_matrix(const TensorIndex<TensorView>& tensors, const Shape& shape, ModelZeros& model) {
  const TensorView& view = tensors.at(shape.name);
  RPP_CHECK(view.shape == (std::vector<int64_t>{shape.rows, shape.cols}),
            "{}: tensor {} has shape [{}], the model's configuration asks for [{}, {}]: is config.json of "
            "another model?",
            tensors.file(), view.name, fmt::join(view.shape, ", "), shape.rows, shape.cols);
  model.matrices.push_back({.name = shape.name,
                            .offset = static_cast<int64_t>(model.nonzero.size()),
                            .rows = shape.rows,
                            .cols = shape.cols});
  std::vector<float> storage;
  const auto values = as_floats(view, storage);
  std::ranges::transform(values, std::back_inserter(model.nonzero), [](float value) { return value != 0; });
}

// What an encoder needs beside its prunable matrices.
void check_embeddings(const TensorIndex<TensorView>& tensors, const ModelConfig& config) {
  std::vector<std::string_view> needed = {kWordEmbeddings, kPositionEmbeddings};
  if (has_token_types(config)) needed.push_back(kTokenTypeEmbeddings);
  for (const auto name : needed) static_cast<void>(tensors.at(name));
}

}  // namespace

ModelZeros read_zeros(const fs::path& model_dir) {
  const ModelConfig config = read_model_config(model_dir);
  const SafetensorsSet file = open_weights(model_dir);
  const auto tensors = index_of(file);
  for (const auto& [name, tensor] : tensors.all()) {
    if (is_known(name)) check_finite(file.path(), *tensor);
  }
  check_embeddings(tensors, config);
  ModelZeros model{
      .directory = model_dir, .num_parameters = count_parameters(tensors), .metadata = file.metadata()};
  for (int64_t layer = 0; layer < config.num_hidden_layers; ++layer) {
    for (const Shape& shape : prunable_matrices(config, layer)) add_matrix(tensors, shape, model);
  }
  return model;
}

SparsityReport sparsity_report(const ModelZeros& model) {
  SparsityReport report{.matrices = {}, .total_parameters = model.num_parameters};
  for (const FlatMatrix& matrix : model.matrices) {
    const auto entries = entries_of(std::span<const uint8_t>(model.nonzero), matrix);
    report.matrices.push_back({.name = matrix.name,
                               .zeros = std::count(entries.begin(), entries.end(), uint8_t{0}),
                               .size = static_cast<int64_t>(entries.size())});
  }
  return report;
}

std::string format_method(const ModelZeros& model) {
  const auto method = model.metadata.find("prune_method");
  if (method == model.metadata.end() || method->second == "dense") return "";
  std::string text = "pruned by " + method->second;
  const auto block = model.metadata.find("block");
  if (block != model.metadata.end()) text += " in blocks of " + block->second;
  const auto recovery = model.metadata.find("recovery_steps");
  if (recovery != model.metadata.end())
    text += fmt::format(", the last {} steps with a fixed mask", recovery->second);
  return text + "\n";
}

double share_in_blocks(const ModelZeros& model) {
  int64_t zeros = 0, in_blocks = 0;
  for (const FlatMatrix& matrix : model.matrices) {
    const auto entries = entries_of(std::span<const uint8_t>(model.nonzero), matrix);
    zeros += std::count(entries.begin(), entries.end(), uint8_t{0});
    for (int64_t row = 0; row < matrix.rows; ++row) {
      for (int64_t col = 0; col + 4 <= matrix.cols; col += 4) {
        const auto block = entries.subspan(static_cast<size_t>(row * matrix.cols + col), 4);
        if (std::ranges::count(block, uint8_t{0}) == 4) in_blocks += 4;
      }
    }
  }
  return zeros == 0 ? 0 : static_cast<double>(in_blocks) / static_cast<double>(zeros);
}

std::string format_blocks(const ModelZeros& model) {
  const double share = share_in_blocks(model);
  if (share == 0) return "";
  return fmt::format("{:.1f} % of the zeros are in blocks of 1 x 4\n", 100 * share);
}

std::vector<uint8_t> mask_from(const fs::path& source, const ModelZeros& model) {
  require_model(source);
  if (!fs::is_directory(source)) return read_mask(source, model.matrices);
  ModelZeros other = read_zeros(source);
  check_same_matrices(model, other);
  return std::move(other.nonzero);
}

void check_same_matrices(const ModelZeros& a, const ModelZeros& b) {
  const auto same = [](const FlatMatrix& x, const FlatMatrix& y) {
    return x.name == y.name && x.rows == y.rows && x.cols == y.cols;
  };
  if (std::ranges::equal(a.matrices, b.matrices, same)) return;
  fail("{} and {} are of different architectures: their {} and {} prunable matrices do not match",
       a.directory, b.directory, a.matrices.size(), b.matrices.size());
}

}  // namespace rpp
