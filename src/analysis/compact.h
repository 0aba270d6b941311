// Free compaction: a pruned model without the parts that no output depends on.
//
// With weights [out, in] and dropout off, without changing an output:
// - an FFN unit goes when its intermediate row is zero (its activation is the constant gelu(bias), which
//   moves into the output bias) or its output column is zero;
// - a query-key dimension of a head goes when its key row is zero (it adds the same number to all scores of a
//   query, which softmax does not see), or its query row and query bias are zero;
// - a value dimension goes when its value row is zero (attention weights sum to one, so it adds the constant
//   bias, which moves into the bias of the attention output) or its attention-output column is zero; a head
//   with all its value dimensions.
//
// A config.json that transformers reads has one intermediate_size for all layers and no size for single
// heads: there only FFN units go, and all layers are as wide as the widest needs. With sizes per layer
// (layer_sizes in config.json, docs/formats.md) all of it goes, but only rpp reads the model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bert_format/model_config.h"

namespace rpp {

// What is left of a head: rows of query and key, and of value, in order.
struct LiveHead {
  std::vector<int64_t> query_key;
  std::vector<int64_t> value;
};

struct LiveParts {
  std::vector<LiveHead> heads;  // those with a live value dimension
  std::vector<int64_t> units;   // of the FFN
  int64_t dead_heads = 0;
  int64_t dead_query_key = 0;  // dimensions outside the dead heads
  int64_t dead_value = 0;
};

enum class CompactSizes { uniform, per_layer };

struct CompactPlan {
  CompactSizes kind = CompactSizes::uniform;
  ModelConfig before;
  std::vector<LiveParts> layers;

  // Of the compacted model. Heads of a layer are as large as the one with the most left; FFN units go up to a
  // multiple of 8 for the matrix units of GPUs. Nothing shrinks to zero.
  LayerSizes sizes_after(int64_t layer) const;
  // Parameters that are dead, but only per_layer drops.
  int64_t leftover_parameters() const;
};

// Throws Error as read_encoder_zeros does (prune/patterns.h).
CompactPlan plan_compaction(const std::filesystem::path& model_dir,
                            CompactSizes kind = CompactSizes::uniform);

// Writes config.json and model.safetensors of the compacted model. Throws Error when the encoder is not F32.
void write_compacted(const std::filesystem::path& model_dir, const CompactPlan& plan,
                     const std::filesystem::path& output);

struct OutputDifference {
  std::string name;  // last_hidden_state, pooler_output, logits
  double largest = 0.0;
};

struct CompactReport {
  CompactPlan plan;
  int64_t parameters_before = 0, parameters_after = 0;
  int64_t num_texts = 0;
  std::vector<OutputDifference> differences;
};

struct CompactOptions {
  CompactSizes sizes = CompactSizes::uniform;
  std::filesystem::path texts;  // as read_texts takes them; empty: a few sentences of its own
};

// Writes the compacted model with the files of its tokenizer and a mask.safetensors of its zeros, and
// compares both models' outputs on the texts. Throws Error when an output differs by more than 1e-4 or
// `output` exists already; then nothing is written.
CompactReport compact_model(const std::filesystem::path& model_dir, const std::filesystem::path& output,
                            const CompactOptions& options = {});

std::string format_compaction(const CompactReport& report);

}  // namespace rpp
