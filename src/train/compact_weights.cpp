#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>

#include "rpp/core/atomic_file.h"
#include "rpp/core/error.h"
#include "rpp/io/safetensors.h"
#include "rpp/prune/patterns.h"
#include "rpp/train/compact.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kUnitMultiple = 8;
constexpr const char* kIntermediate = "intermediate.dense.weight";
constexpr const char* kIntermediateBias = "intermediate.dense.bias";
constexpr const char* kOutput = "output.dense.weight";
constexpr const char* kOutputBias = "output.dense.bias";

std::string layer_name(int64_t layer, const char* rest) {
  return fmt::format("encoder.layer.{}.{}", layer, rest);
}

std::string without_prefix(const std::string& name) {
  return name.starts_with("bert.") ? name.substr(5) : name;
}

std::span<const float> floats(const SafetensorsFile& file, const std::string& name, int64_t count) {
  const TensorView& view = find_weight(file, name);
  RPP_CHECK(view.dtype == Dtype::f32,
            "{}: tensor {} is {}, only F32 is compacted: save the model in F32 first", file.path(), view.name,
            dtype_name(view.dtype));
  RPP_CHECK(view.num_elements() == count, "{}: tensor {} has {} entries, config.json asks for {}",
            file.path(), view.name, view.num_elements(), count);
  return view.as<float>();
}

double gelu(double x) {
  return 0.5 * x * (1.0 + std::erf(x / std::numbers::sqrt2));
}

int64_t count_if(int64_t count, const auto& condition) {
  int64_t matches = 0;
  for (int64_t i = 0; i < count; ++i) matches += condition(static_cast<size_t>(i)) ? 1 : 0;
  return matches;
}

std::vector<int64_t> live_units(const LayerZeros& zeros) {
  std::vector<int64_t> live;
  for (int64_t unit = 0; unit < zeros.intermediate.rows; ++unit) {
    const auto u = static_cast<size_t>(unit);
    const bool constant = zeros.intermediate.in_row[u] == zeros.intermediate.cols;
    const bool unread = zeros.output.in_col[u] == zeros.output.rows;
    if (!constant && !unread) live.push_back(unit);
  }
  return live;
}

LayerSlack find_slack(const LayerZeros& zeros, std::span<const float> query_bias, int64_t head_dim) {
  const auto query_key_is_dead = [&](size_t d) {
    const bool no_query = zeros.query.in_row[d] == zeros.query.cols && query_bias[d] == 0.0F;
    return no_query || zeros.key.in_row[d] == zeros.key.cols;
  };
  const auto value_is_dead = [&](size_t d) {
    return zeros.value.in_row[d] == zeros.value.cols ||
           zeros.attention_output.in_col[d] == zeros.attention_output.rows;
  };
  LayerSlack slack{.live_units = live_units(zeros)};
  for (int64_t first = 0; first < zeros.query.rows; first += head_dim) {
    const auto in_head = [first](const auto& condition) {
      return [first, condition](size_t d) { return condition(d + static_cast<size_t>(first)); };
    };
    const int64_t dead_value = count_if(head_dim, in_head(value_is_dead));
    if (dead_value == head_dim) {
      ++slack.dead_heads;
      continue;
    }
    slack.dead_value += dead_value;
    slack.dead_query_key += count_if(head_dim, in_head(query_key_is_dead));
  }
  return slack;
}

// The tensors of an FFN with as many units as the plan has: the live ones in their order, then units of
// zeros.
struct Ffn {
  std::vector<float> intermediate, intermediate_bias;  // [units, hidden], [units]
  std::vector<float> output, output_bias;              // [hidden, units], [hidden]
};

std::span<const float> line_of(std::span<const float> matrix, int64_t row, int64_t cols) {
  return matrix.subspan(static_cast<size_t>(row * cols), static_cast<size_t>(cols));
}

// The sum of what the dead units add to an output: gelu(bias) * weight, which is 0 where the weight is the
// dead part.
double constant_of_dead(std::span<const float> weights, std::span<const float> bias,
                        const std::vector<int64_t>& live) {
  double constant = 0.0;
  auto next_live = live.begin();
  for (size_t unit = 0; unit < weights.size(); ++unit) {
    const bool is_live = next_live != live.end() && *next_live == static_cast<int64_t>(unit);
    if (is_live) {
      ++next_live;
    } else {
      constant += gelu(bias[unit]) * weights[unit];
    }
  }
  return constant;
}

Ffn compact_ffn(const SafetensorsFile& file, int64_t layer, const CompactPlan& plan) {
  const int64_t hidden = plan.hidden_size, units = plan.intermediate_size;
  const auto compact_units = static_cast<size_t>(plan.compact_size());
  const auto& live = plan.layers[static_cast<size_t>(layer)].live_units;
  const auto intermediate = floats(file, layer_name(layer, kIntermediate), units * hidden);
  const auto bias = floats(file, layer_name(layer, kIntermediateBias), units);
  const auto output = floats(file, layer_name(layer, kOutput), hidden * units);
  const auto output_bias = floats(file, layer_name(layer, kOutputBias), hidden);

  Ffn ffn;
  for (const int64_t unit : live) {
    const auto row = line_of(intermediate, unit, hidden);
    ffn.intermediate.insert(ffn.intermediate.end(), row.begin(), row.end());
    ffn.intermediate_bias.push_back(bias[static_cast<size_t>(unit)]);
  }
  ffn.intermediate.resize(compact_units * static_cast<size_t>(hidden));
  ffn.intermediate_bias.resize(compact_units);
  for (int64_t i = 0; i < hidden; ++i) {
    const auto row = line_of(output, i, units);
    for (const int64_t unit : live) ffn.output.push_back(row[static_cast<size_t>(unit)]);
    ffn.output.resize(static_cast<size_t>(i + 1) * compact_units);
    ffn.output_bias.push_back(
        static_cast<float>(output_bias[static_cast<size_t>(i)] + constant_of_dead(row, bias, live)));
  }
  return ffn;
}

struct NewTensor {
  std::vector<int64_t> shape;
  std::span<const float> values;
};

// What changes, by its name without "bert.".
std::map<std::string, NewTensor> new_tensors(const std::vector<Ffn>& ffns, const CompactPlan& plan) {
  const int64_t hidden = plan.hidden_size, units = plan.compact_size();
  std::map<std::string, NewTensor> tensors;
  for (size_t i = 0; i < ffns.size(); ++i) {
    const auto layer = static_cast<int64_t>(i);
    tensors[layer_name(layer, kIntermediate)] = {{units, hidden}, ffns[i].intermediate};
    tensors[layer_name(layer, kIntermediateBias)] = {{units}, ffns[i].intermediate_bias};
    tensors[layer_name(layer, kOutput)] = {{hidden, units}, ffns[i].output};
    tensors[layer_name(layer, kOutputBias)] = {{hidden}, ffns[i].output_bias};
  }
  return tensors;
}

void write_config(const fs::path& from, const fs::path& to, int64_t intermediate_size) {
  auto config = nlohmann::ordered_json::parse(read_file(from));  // read_encoder_zeros has checked it
  config["intermediate_size"] = intermediate_size;
  write_file_atomically(to, config.dump(2) + "\n");
}

}  // namespace

int64_t CompactPlan::compact_size() const {
  size_t widest = 1;  // a model has at least one unit
  for (const auto& layer : layers) widest = std::max(widest, layer.live_units.size());
  const auto rounded = (static_cast<int64_t>(widest) + kUnitMultiple - 1) / kUnitMultiple * kUnitMultiple;
  return std::min(rounded, intermediate_size);
}

int64_t CompactPlan::dropped_parameters() const {
  const int64_t parameters_of_unit = 2 * hidden_size + 1;
  return static_cast<int64_t>(layers.size()) * (intermediate_size - compact_size()) * parameters_of_unit;
}

int64_t CompactPlan::leftover_parameters() const {
  const int64_t of_unit = 2 * hidden_size + 1;
  const int64_t of_query_key = 2 * (hidden_size + 1);  // two rows, two biases
  const int64_t of_value = 2 * hidden_size + 1;        // a row, its bias, a column
  int64_t sum = 0;
  for (const auto& layer : layers) {
    sum += (compact_size() - static_cast<int64_t>(layer.live_units.size())) * of_unit;
    sum += layer.dead_query_key * of_query_key + layer.dead_value * of_value;
    sum += layer.dead_heads * head_dim * (of_query_key + of_value);
  }
  return sum;
}

CompactPlan plan_compaction(const fs::path& model_dir) {
  const auto zeros = read_encoder_zeros(model_dir);
  const SafetensorsFile file(model_dir / "model.safetensors");
  CompactPlan plan{.head_dim = zeros.head_dim};
  for (size_t i = 0; i < zeros.layers.size(); ++i) {
    plan.hidden_size = zeros.layers[i].intermediate.cols;
    plan.intermediate_size = zeros.layers[i].intermediate.rows;
    const auto query_bias =
        floats(file, layer_name(static_cast<int64_t>(i), "attention.self.query.bias"), plan.hidden_size);
    plan.layers.push_back(find_slack(zeros.layers[i], query_bias, zeros.head_dim));
  }
  return plan;
}

void write_compacted(const fs::path& model_dir, const CompactPlan& plan, const fs::path& output) {
  const SafetensorsFile file(model_dir / "model.safetensors");
  std::vector<Ffn> ffns;
  for (size_t i = 0; i < plan.layers.size(); ++i) {
    ffns.push_back(compact_ffn(file, static_cast<int64_t>(i), plan));
  }
  const auto changed = new_tensors(ffns, plan);
  std::vector<TensorView> views = file.tensors();
  for (auto& view : views) {
    const auto found = changed.find(without_prefix(view.name));
    if (found == changed.end()) continue;
    view.shape = found->second.shape;
    view.data = std::as_bytes(found->second.values);
  }
  save_safetensors(output / "model.safetensors", views, file.metadata());
  write_config(model_dir / "config.json", output / "config.json", plan.compact_size());
}

}  // namespace rpp
