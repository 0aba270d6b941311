// SQuAD features as text, for inspection or comparison with another tokenizer.
#pragma once

#include <cstdint>
#include <filesystem>

#include "tokenizer/squad_features.h"

namespace rpp {

struct SquadDumpOptions {
  std::filesystem::path data;       // SQuAD JSON, plain, .gz or .zst
  std::filesystem::path tokenizer;  // as load_tokenizer takes it
  std::filesystem::path output;     // docs/formats.md
  SquadFeatureOptions features;
};

struct SquadDumpReport {
  int64_t num_questions = 0, num_windows = 0, num_tokens = 0;  // tokens of the windows' sequences
  double seconds = 0;  // to make the features, without reading and writing
};

SquadDumpReport dump_squad_features(const SquadDumpOptions& options);

}  // namespace rpp
