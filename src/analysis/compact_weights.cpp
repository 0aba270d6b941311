#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "analysis/compact.h"
#include "bert_format/model_config.h"
#include "bert_format/model_files.h"
#include "bert_format/weight_files.h"
#include "core/atomic_file.h"
#include "encoder_weights.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kFiller = -1;  // a row or column of zeros

double gelu(double x) {
  return 0.5 * x * (1.0 + std::erf(x / std::numbers::sqrt2));
}

double identity(double x) {
  return x;
}

void append_filled(std::vector<int64_t>& rows, std::span<const int64_t> live, int64_t size) {
  const auto end = rows.size() + static_cast<size_t>(size);
  rows.insert(rows.end(), live.begin(), live.end());
  rows.resize(end, kFiller);
}

// The rows of the original layer that the compacted layer keeps, in order.
struct KeptRows {
  std::vector<int64_t> query_key, value, units;
};

KeptRows kept_rows(const CompactPlan& plan, int64_t layer) {
  const auto& live = plan.layers[static_cast<size_t>(layer)];
  const auto sizes = plan.sizes_after(layer);
  KeptRows kept;
  append_filled(kept.units, live.units, sizes.intermediate_size);
  if (plan.kind == CompactSizes::uniform) {
    for (int64_t row = 0; row < plan.before.hidden_size; ++row) kept.query_key.push_back(row);
    kept.value = kept.query_key;
    return kept;
  }
  auto heads = live.heads;
  if (heads.empty()) heads.emplace_back();  // a layer has at least one
  for (const auto& head : heads) {
    append_filled(kept.query_key, head.query_key, sizes.query_key_dim);
    append_filled(kept.value, head.value, sizes.value_dim);
  }
  return kept;
}

struct NewTensor {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

// A layer of the original model, from which the compacted tensors are made.
class LayerSource {
 public:
  LayerSource(const TensorIndex<TensorView>& from, std::map<std::string, NewTensor>& tensors)
      : from_(from), tensors_(tensors) {}

  // Rows of name.weight [rows, cols] and entries of name.bias.
  void take_rows(const std::string& name, int64_t rows, int64_t cols, std::span<const int64_t> kept) {
    const auto weight = floats_of(from_, weight_of(name), rows * cols);
    const auto bias = floats_of(from_, bias_of(name), rows);
    const auto num_kept = static_cast<int64_t>(kept.size());
    auto& new_weight = add(weight_of(name), {num_kept, cols});
    auto& new_bias = add(bias_of(name), {num_kept});
    for (size_t i = 0; i < kept.size(); ++i) {
      if (kept[i] == kFiller) continue;
      const auto row = weight.subspan(static_cast<size_t>(kept[i] * cols), static_cast<size_t>(cols));
      std::copy(row.begin(), row.end(), new_weight.begin() + static_cast<int64_t>(i) * cols);
      new_bias[i] = bias[static_cast<size_t>(kept[i])];
    }
  }

  // Columns of name.weight [rows, cols]. The input of a removed column is the constant activation(bias)
  // unless the column is zero: its contribution moves into name.bias. `source` names the bias.
  void take_cols(const std::string& name, int64_t rows, int64_t cols, std::span<const int64_t> kept,
                 const std::string& source, double (*activation)(double)) {
    const auto weight = floats_of(from_, weight_of(name), rows * cols);
    const auto bias = floats_of(from_, bias_of(name), rows);
    const auto constants = floats_of(from_, bias_of(source), cols);
    std::vector<bool> is_kept(static_cast<size_t>(cols));
    for (const int64_t col : kept) {
      if (col != kFiller) is_kept[static_cast<size_t>(col)] = true;
    }
    auto& new_weight = add(weight_of(name), {rows, static_cast<int64_t>(kept.size())});
    auto& new_bias = add(bias_of(name), {rows});
    for (int64_t i = 0; i < rows; ++i) {
      const auto row = weight.subspan(static_cast<size_t>(i * cols), static_cast<size_t>(cols));
      double constant = 0.0;
      for (size_t col = 0; col < row.size(); ++col) {
        if (!is_kept[col]) constant += activation(constants[col]) * row[col];
      }
      new_bias[static_cast<size_t>(i)] = static_cast<float>(bias[static_cast<size_t>(i)] + constant);
      for (size_t j = 0; j < kept.size(); ++j) {
        if (kept[j] == kFiller) continue;
        new_weight[static_cast<size_t>(i) * kept.size() + j] = row[static_cast<size_t>(kept[j])];
      }
    }
  }

 private:
  std::vector<float>& add(const std::string& name, std::vector<int64_t> shape) {
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    auto& tensor = tensors_[name];
    tensor = {.shape = std::move(shape), .values = std::vector<float>(static_cast<size_t>(count))};
    return tensor.values;
  }

  const TensorIndex<TensorView>& from_;
  std::map<std::string, NewTensor>& tensors_;
};

// What changes, by its canonical name.
std::map<std::string, NewTensor> new_tensors(const TensorIndex<TensorView>& from, const CompactPlan& plan) {
  const int64_t hidden = plan.before.hidden_size, units = plan.before.intermediate_size;
  std::map<std::string, NewTensor> tensors;
  for (int64_t layer = 0; layer < plan.before.num_hidden_layers; ++layer) {
    const auto kept = kept_rows(plan, layer);
    const LayerNames names = layer_names(layer);
    LayerSource source(from, tensors);
    source.take_rows(names.query, hidden, hidden, kept.query_key);
    source.take_rows(names.key, hidden, hidden, kept.query_key);
    source.take_rows(names.value, hidden, hidden, kept.value);
    source.take_cols(names.attention_output, hidden, hidden, kept.value, names.value, identity);
    source.take_rows(names.intermediate, units, hidden, kept.units);
    source.take_cols(names.output, hidden, units, kept.units, names.intermediate, gelu);
  }
  return tensors;
}

std::string compacted_config(const fs::path& model_dir, const CompactPlan& plan) {
  std::vector<LayerSizes> sizes;
  for (int64_t i = 0; i < plan.before.num_hidden_layers; ++i) sizes.push_back(plan.sizes_after(i));
  const fs::path file = model_dir / kConfigFile;
  const auto kind = plan.kind == CompactSizes::uniform ? LayerSizesKind::intermediate : LayerSizesKind::all;
  return with_layer_sizes(read_file(file), file.string(), sizes, kind);
}

}  // namespace

void write_compacted(const fs::path& model_dir, const CompactPlan& plan, const fs::path& output) {
  const SafetensorsSet file = open_weights(model_dir);
  const auto changed = new_tensors(index_of(file), plan);
  std::vector<TensorView> views = file.tensors();
  for (auto& view : views) {
    const auto found = changed.find(canonical_name(view.name));
    if (found == changed.end()) continue;
    view.shape = found->second.shape;
    view.data = std::as_bytes(std::span(found->second.values));
  }
  save_safetensors(output / kWeightsFile, views, file.metadata());
  write_file_atomically(output / kConfigFile, compacted_config(model_dir, plan));
}

}  // namespace rpp
