// Free compaction: a pruned model without the parts that no output depends on.
//
// With weights [out, in] and dropout off, without changing an output:
// - an FFN unit goes when its intermediate row is zero (its activation is the constant gelu(bias), which
//   moves into the output bias) or its output column is zero;
// - a query-key dimension of a head goes when its key row is zero (it adds the same number to all scores of a
//   query, which softmax does not see), or its query row and query bias are zero;
// - a value dimension goes when its value row is zero (attention weights sum to one, so it adds a constant to
//   the attention output) or its attention-output column is zero; a head with all its value dimensions.
//
// A config.json that transformers reads has one intermediate_size for all layers and no size for single
// heads. So the FFNs are written, all as wide as the widest needs; the rest needs a model with its own sizes
// per layer, and is only counted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rpp {

// What of a layer is dead in the sense above.
struct LayerSlack {
  std::vector<int64_t> live_units;  // of the FFN, in order
  int64_t dead_heads = 0;
  int64_t dead_query_key = 0;  // dimensions outside the dead heads
  int64_t dead_value = 0;
};

struct CompactPlan {
  int64_t hidden_size = 0;
  int64_t head_dim = 0;
  int64_t intermediate_size = 0;  // before
  std::vector<LayerSlack> layers;

  // Of the compacted model: the most live units of a layer, up to a multiple of 8 for the matrix units of
  // GPUs.
  int64_t compact_size() const;
  int64_t dropped_parameters() const;  // by writing the FFNs with compact_size units
  int64_t leftover_parameters()
      const;  // dead too, but only a model with its own sizes per layer can drop them
};

// Throws Error as read_encoder_zeros does (prune/patterns.h).
CompactPlan plan_compaction(const std::filesystem::path& model_dir);

// Writes config.json and model.safetensors of the compacted model. Throws Error when the FFNs are not F32.
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

// Writes the compacted model with the files of its tokenizer and a mask.safetensors of its zeros, and
// compares both models' outputs on the lines of `texts` (as read_texts takes them; empty: a few sentences of
// its own). Throws Error when an output differs by more than 1e-4 or `output` exists already; then nothing is
// written.
CompactReport compact_model(const std::filesystem::path& model_dir, const std::filesystem::path& output,
                            const std::filesystem::path& texts = {});

std::string format_compaction(const CompactReport& report);

}  // namespace rpp
