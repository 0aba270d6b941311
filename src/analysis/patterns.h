// The structure of a pruned BERT's zeros: their spread over rows and columns, dead lines, and whether lines
// that only act together are pruned together. Read from the files, without Torch.
//
// Layout [out, in] (analysis/zero_statistics.h). Row d of query and of key form one term q_d k_d; row d of
// value feeds column d of the attention output; row u of intermediate feeds column u of output.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "analysis/zero_statistics.h"

namespace rpp {

// The six prunable matrices of an encoder layer.
struct LayerZeros {
  ZeroCounts query, key, value;  // [hidden, hidden], rows head by head
  ZeroCounts attention_output;   // [hidden, hidden], columns head by head
  ZeroCounts intermediate;       // [intermediate, hidden]
  ZeroCounts output;             // [hidden, intermediate]
};

struct EncoderZeros {
  int64_t num_heads = 0;
  int64_t head_dim = 0;
  std::vector<LayerZeros> layers;
};

// Reads a Hugging Face directory. Throws Error naming the file when config.json or model.safetensors is
// absent or damaged, a matrix is missing or does not fit the configuration, or layers have different sizes.
EncoderZeros read_encoder_zeros(const std::filesystem::path& model_dir);

struct MatrixPattern {
  std::string name;
  double ratio = 0.0;
  LineSpread rows, cols;
  std::optional<GroupedSpread> heads;  // over rows of query, key and value, columns of attention output
  int64_t dead_rows = 0, dead_cols = 0;
};

// The matrices of one kind over all layers: means, and totals of dead lines.
struct KindPattern {
  std::string kind;  // "query", "key", "value", "attention output", "intermediate", "output"
  double ratio = 0.0;
  double row_deviation = 0.0, row_effect = 0.0;
  double col_deviation = 0.0, col_effect = 0.0;
  double head_effect = 0.0, within_head_effect = 0.0;  // 0 without heads
  int64_t dead_rows = 0, dead_cols = 0;
};

struct HeadPattern {
  int64_t layer = 0, head = 0;
  int64_t dead_query = 0, dead_key = 0, dead_query_and_key = 0;  // out of head_dim dimensions
  int64_t dead_value = 0, dead_output = 0;                       // value rows, attention-output columns
  bool dead = false;  // all its value rows, or all its attention-output columns: it adds a constant
};

struct ModelPatterns {
  int64_t head_dim = 0;
  std::vector<MatrixPattern> matrices;  // layer by layer
  std::vector<KindPattern> kinds;
  std::vector<HeadPattern> heads;
  std::vector<Pairing> pairings;  // query and key, value and attention output, intermediate and output
};

ModelPatterns find_patterns(const EncoderZeros& zeros);

// Tables: a row per matrix, per kind, per head with dead dimensions, per pairing.
std::string format_patterns(const ModelPatterns& patterns);
// The same and all heads as a JSON object, with the names of the structs' fields (docs/formats.md).
std::string to_json(const ModelPatterns& patterns);

}  // namespace rpp
