#include <algorithm>

#include "analysis/compact.h"
#include "analysis/patterns.h"
#include "bert_format/description.h"
#include "bert_format/model_config.h"
#include "bert_format/weight_files.h"
#include "encoder_weights.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kUnitMultiple = 8;

std::vector<int64_t> rows_that(int64_t first, int64_t last, const auto& are_live) {
  std::vector<int64_t> rows;
  for (int64_t row = first; row < last; ++row) {
    if (are_live(static_cast<size_t>(row))) rows.push_back(row);
  }
  return rows;
}

bool is_zero_row(const ZeroCounts& zeros, size_t row) {
  return zeros.in_row[row] == zeros.cols;
}
bool is_zero_col(const ZeroCounts& zeros, size_t col) {
  return zeros.in_col[col] == zeros.rows;
}

LiveParts find_live(const LayerZeros& zeros, std::span<const float> query_bias, int64_t head_dim) {
  const auto query_key_is_live = [&](size_t d) {
    const bool no_query = is_zero_row(zeros.query, d) && query_bias[d] == 0.0F;
    return !no_query && !is_zero_row(zeros.key, d);
  };
  const auto value_is_live = [&](size_t d) {
    return !is_zero_row(zeros.value, d) && !is_zero_col(zeros.attention_output, d);
  };
  const auto unit_is_live = [&](size_t unit) {
    return !is_zero_row(zeros.intermediate, unit) && !is_zero_col(zeros.output, unit);
  };
  LiveParts live{.units = rows_that(0, zeros.intermediate.rows, unit_is_live)};
  for (int64_t first = 0; first < zeros.query.rows; first += head_dim) {
    LiveHead head{.query_key = rows_that(first, first + head_dim, query_key_is_live),
                  .value = rows_that(first, first + head_dim, value_is_live)};
    if (head.value.empty()) {
      ++live.dead_heads;
      continue;
    }
    live.dead_query_key += head_dim - static_cast<int64_t>(head.query_key.size());
    live.dead_value += head_dim - static_cast<int64_t>(head.value.size());
    live.heads.push_back(std::move(head));
  }
  return live;
}

// Rounded up to a multiple of 8, but at most `before`.
int64_t rounded_units(size_t live, int64_t before) {
  const int64_t units = std::max<int64_t>(static_cast<int64_t>(live), 1);
  return std::min((units + kUnitMultiple - 1) / kUnitMultiple * kUnitMultiple, before);
}

LayerSizes own_sizes(const LiveParts& live, int64_t units_before) {
  size_t query_key = 1, value = 1;
  for (const auto& head : live.heads) {
    query_key = std::max(query_key, head.query_key.size());
    value = std::max(value, head.value.size());
  }
  return {.num_attention_heads = std::max<int64_t>(static_cast<int64_t>(live.heads.size()), 1),
          .query_key_dim = static_cast<int64_t>(query_key),
          .value_dim = static_cast<int64_t>(value),
          .intermediate_size = rounded_units(live.units.size(), units_before)};
}

// Without the norms and the output biases, which are kept.
int64_t num_parameters(const LayerSizes& sizes, int64_t hidden) {
  const int64_t of_query_key = 2 * (hidden + 1);  // two rows, two biases
  const int64_t of_value = 2 * hidden + 1;        // a row, its bias, a column
  const int64_t of_unit = 2 * hidden + 1;
  return sizes.num_attention_heads * (sizes.query_key_dim * of_query_key + sizes.value_dim * of_value) +
         sizes.intermediate_size * of_unit;
}

}  // namespace

LayerSizes CompactPlan::sizes_after(int64_t layer) const {
  const int64_t units_before = before.intermediate_size;
  if (kind == CompactSizes::per_layer) return own_sizes(layers[static_cast<size_t>(layer)], units_before);
  size_t widest = 0;
  for (const auto& live : layers) widest = std::max(widest, live.units.size());
  auto sizes = sizes_of_layer(before, layer);
  sizes.intermediate_size = rounded_units(widest, units_before);
  return sizes;
}

int64_t CompactPlan::leftover_parameters() const {
  int64_t sum = 0;
  for (int64_t layer = 0; layer < before.num_hidden_layers; ++layer) {
    const auto own = own_sizes(layers[static_cast<size_t>(layer)], before.intermediate_size);
    sum += num_parameters(sizes_after(layer), before.hidden_size) - num_parameters(own, before.hidden_size);
  }
  return sum;
}

CompactPlan plan_compaction(const fs::path& model_dir, CompactSizes kind) {
  const auto zeros = read_encoder_zeros(model_dir);
  const SafetensorsSet file = open_weights(model_dir);
  const auto tensors = index_of(file);
  CompactPlan plan{.kind = kind, .before = read_model_config(model_dir)};
  for (size_t i = 0; i < zeros.layers.size(); ++i) {
    const LayerNames names = layer_names(static_cast<int64_t>(i));
    const auto query_bias = floats_of(tensors, bias_of(names.query), plan.before.hidden_size);
    plan.layers.push_back(find_live(zeros.layers[i], query_bias, zeros.head_dim));
  }
  return plan;
}

}  // namespace rpp
