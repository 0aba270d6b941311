// Lossless compaction: a pruned model without the parts that no output depends on.
//
// With weights [out, in] and dropout off, these parts can be removed without changing an output:
// - an FFN unit if its intermediate row is zero (its activation is the constant gelu(bias), which
//   moves into the output bias) or its output column is zero;
// - a query-key dimension of a head if its key row is zero (it adds the same number to all scores of a
//   query, which softmax ignores), or its query row and query bias are zero;
// - a value dimension if its value row is zero (attention weights sum to one, so it adds the constant
//   bias, which moves into the bias of the attention output) or its attention-output column is zero; a head
//   if all its value dimensions can be removed.
//
// A config.json for transformers has one intermediate_size for all layers and no sizes per head: there only
// FFN units are removed, and all layers are as wide as the widest requires. With sizes per layer (layer_sizes
// in config.json, docs/formats.md) all of it is removed, but only rpp reads the model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bert_format/model_config.h"

namespace rpp {

// The remaining parts of a head: rows of query and key, and of value, in order.
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

  // The sizes of the compacted model. All heads of a layer have the size of the largest; FFN units are
  // rounded up to a multiple of 8 for the matrix units of GPUs. No size becomes zero.
  LayerSizes sizes_after(int64_t layer) const;
  // Dead parameters that only per_layer removes.
  int64_t leftover_parameters() const;
};

// Throws Error as read_encoder_zeros does (analysis/patterns.h).
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
  std::filesystem::path texts;  // as read_texts accepts them; empty: a few built-in sentences
};

// Writes the compacted model with the files of its tokenizer and a mask.safetensors of its zeros, and
// compares both models' outputs on the texts. Throws Error when an output differs by more than 1e-4 or
// `output` exists already; nothing is written then.
CompactReport compact_model(const std::filesystem::path& model_dir, const std::filesystem::path& output,
                            const CompactOptions& options = {});

std::string format_compaction(const CompactReport& report);

}  // namespace rpp
