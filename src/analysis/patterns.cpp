#include "analysis/patterns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bert_format/description.h"
#include "bert_format/model_files.h"
#include "bert_format/weight_files.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

struct MatrixKind {
  const char* kind;
  std::string LayerNames::*name;
  ZeroCounts LayerZeros::*counts;
};

constexpr std::array<MatrixKind, 6> kKinds = {{
    {"query", &LayerNames::query, &LayerZeros::query},
    {"key", &LayerNames::key, &LayerZeros::key},
    {"value", &LayerNames::value, &LayerZeros::value},
    {"attention output", &LayerNames::attention_output, &LayerZeros::attention_output},
    {"intermediate", &LayerNames::intermediate, &LayerZeros::intermediate},
    {"output", &LayerNames::output, &LayerZeros::output},
}};

ZeroCounts read_counts(const TensorIndex<TensorView>& tensors, const std::string& name, int64_t rows,
                       int64_t cols) {
  const auto& view = tensors.at(name);
  auto counts = count_zeros(view);
  RPP_CHECK(counts.rows == rows && counts.cols == cols,
            "{}: tensor {} has shape [{}, {}], config.json asks for [{}, {}]: is it of another model?",
            tensors.file(), view.name, counts.rows, counts.cols, rows, cols);
  return counts;
}

LayerZeros read_layer(const TensorIndex<TensorView>& tensors, int64_t layer, const ModelConfig& config) {
  const LayerNames names = layer_names(layer);
  const int64_t hidden = config.hidden_size, units = config.intermediate_size;
  LayerZeros zeros;
  for (const auto& kind : kKinds) {
    const bool to_units = kind.counts == &LayerZeros::intermediate;
    const bool from_units = kind.counts == &LayerZeros::output;
    zeros.*kind.counts = read_counts(tensors, weight_of(names.*kind.name), to_units ? units : hidden,
                                     from_units ? units : hidden);
  }
  return zeros;
}

MatrixPattern pattern_of(const LayerZeros& layer, ZeroCounts LayerZeros::*matrix, int64_t head_dim) {
  const ZeroCounts& counts = layer.*matrix;
  MatrixPattern pattern{.name = counts.name,
                        .ratio = counts.ratio(),
                        .rows = line_spread(counts.in_row, counts.cols),
                        .cols = line_spread(counts.in_col, counts.rows),
                        .dead_rows = counts.dead_rows(),
                        .dead_cols = counts.dead_cols()};
  if (matrix == &LayerZeros::query || matrix == &LayerZeros::key || matrix == &LayerZeros::value) {
    pattern.heads = grouped_spread(counts.in_row, counts.cols, head_dim);
  } else if (matrix == &LayerZeros::attention_output) {
    pattern.heads = grouped_spread(counts.in_col, counts.rows, head_dim);
  }
  return pattern;
}

// `matrices` is layer by layer, each layer in the order of kKinds.
KindPattern kind_pattern(size_t kind, const std::vector<MatrixPattern>& matrices) {
  KindPattern mean{.kind = kKinds[kind].kind};
  const double share = static_cast<double>(kKinds.size()) / static_cast<double>(matrices.size());
  for (size_t i = kind; i < matrices.size(); i += kKinds.size()) {
    const auto& matrix = matrices[i];
    mean.ratio += share * matrix.ratio;
    mean.row_deviation += share * matrix.rows.deviation;
    mean.row_effect += share * matrix.rows.effect;
    mean.col_deviation += share * matrix.cols.deviation;
    mean.col_effect += share * matrix.cols.effect;
    if (matrix.heads) {
      mean.head_effect += share * matrix.heads->between.effect;
      mean.within_head_effect += share * matrix.heads->within.effect;
    }
    mean.dead_rows += matrix.dead_rows;
    mean.dead_cols += matrix.dead_cols;
  }
  return mean;
}

// The part of each line's zeros that belongs to a head.
std::span<const int64_t> of_head(const std::vector<int64_t>& zeros, int64_t head, int64_t head_dim) {
  return std::span(zeros).subspan(static_cast<size_t>(head * head_dim), static_cast<size_t>(head_dim));
}

PairedLines query_and_key(const LayerZeros& layer, int64_t head, int64_t head_dim) {
  return {.zeros_a = of_head(layer.query.in_row, head, head_dim),
          .zeros_b = of_head(layer.key.in_row, head, head_dim),
          .length_a = layer.query.cols,
          .length_b = layer.key.cols};
}

PairedLines value_and_output(const LayerZeros& layer, int64_t head, int64_t head_dim) {
  return {.zeros_a = of_head(layer.value.in_row, head, head_dim),
          .zeros_b = of_head(layer.attention_output.in_col, head, head_dim),
          .length_a = layer.value.cols,
          .length_b = layer.attention_output.rows};
}

PairedLines intermediate_and_output(const LayerZeros& layer) {
  return {.zeros_a = layer.intermediate.in_row,
          .zeros_b = layer.output.in_col,
          .length_a = layer.intermediate.cols,
          .length_b = layer.output.rows};
}

std::vector<Pairing> find_pairings(const EncoderZeros& zeros) {
  std::vector<PairedLines> scores, values, units;
  for (const auto& layer : zeros.layers) {
    units.push_back(intermediate_and_output(layer));
    for (int64_t head = 0; head < zeros.num_heads; ++head) {
      scores.push_back(query_and_key(layer, head, zeros.head_dim));
      values.push_back(value_and_output(layer, head, zeros.head_dim));
    }
  }
  return {pair_lines("query row, key row", scores), pair_lines("value row, attention output column", values),
          pair_lines("intermediate row, output column", units)};
}

HeadPattern head_pattern(const LayerZeros& layer, int64_t head, int64_t head_dim) {
  const auto scores = pair_lines("", std::array{query_and_key(layer, head, head_dim)});
  const auto values = pair_lines("", std::array{value_and_output(layer, head, head_dim)});
  return {.head = head,
          .dead_query = scores.dead_a,
          .dead_key = scores.dead_b,
          .dead_query_and_key = scores.dead_both,
          .dead_value = values.dead_a,
          .dead_output = values.dead_b,
          .dead = values.dead_a == head_dim || values.dead_b == head_dim};
}

}  // namespace

EncoderZeros read_encoder_zeros(const fs::path& model_dir) {
  const ModelConfig config = read_model_config(model_dir);
  RPP_CHECK(
      config.layer_sizes.empty(),
      "{} has different sizes per layer (layer_sizes or pruned_heads): it is compacted already, inspect the "
      "original model",
      model_dir / kConfigFile);
  const SafetensorsSet file = open_weights(model_dir);
  const auto tensors = index_of(file);
  EncoderZeros zeros{.num_heads = config.num_attention_heads,
                     .head_dim = config.hidden_size / config.num_attention_heads};
  for (int64_t layer = 0; layer < config.num_hidden_layers; ++layer) {
    zeros.layers.push_back(read_layer(tensors, layer, config));
  }
  return zeros;
}

ModelPatterns find_patterns(const EncoderZeros& zeros) {
  ModelPatterns patterns{.head_dim = zeros.head_dim};
  for (size_t i = 0; i < zeros.layers.size(); ++i) {
    const auto& layer = zeros.layers[i];
    for (const auto& kind : kKinds) {
      patterns.matrices.push_back(pattern_of(layer, kind.counts, zeros.head_dim));
    }
    for (int64_t head = 0; head < zeros.num_heads; ++head) {
      patterns.heads.push_back(head_pattern(layer, head, zeros.head_dim));
      patterns.heads.back().layer = static_cast<int64_t>(i);
    }
  }
  for (size_t kind = 0; kind < kKinds.size(); ++kind) {
    patterns.kinds.push_back(kind_pattern(kind, patterns.matrices));
  }
  patterns.pairings = find_pairings(zeros);
  return patterns;
}

}  // namespace rpp
