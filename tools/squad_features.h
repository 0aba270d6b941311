// rpp-data squad-features: writes the SQuAD features that fine-tuning uses.
#pragma once

#include <CLI/CLI.hpp>

#include "core/progress.h"
#include "data/squad_dump.h"
#include "options.h"
#include "program/log.h"

namespace rpp {

inline void add_tokenizer(CLI::App& command, std::filesystem::path& tokenizer) {
  command.add_option("--tokenizer", tokenizer, "vocab.txt, or the directory of a vocabulary or model")
      ->required();
}

inline void run_squad_features(const SquadDumpOptions& options) {
  const SquadDumpReport report = dump_squad_features(options);
  log::info("{} questions, {} windows, {} tokens; {:.2f} s", format_count(report.num_questions),
            format_count(report.num_windows), format_count(report.num_tokens), report.seconds);
}

inline void add_squad_features(CLI::App& app, SquadDumpOptions& options) {
  CLI::App& command = *app.add_subcommand("squad-features", "Write the token windows of SQuAD questions");
  command.add_option("data,--input", options.data, "SQuAD JSON, plain, .gz or .zst")->required();
  add_tokenizer(command, options.tokenizer);
  command.add_option("--output", options.output, "JSON lines, one per question")->required();
  command.option_defaults()->always_capture_default();
  SquadFeatureOptions& features = options.features;
  command
      .add_option("--max-seq-length", features.max_seq_length, "maximum tokens of a window with its question")
      ->check(CLI::Range(8, 4096));
  command.add_option("--doc-stride", features.doc_stride, "tokens by which neighbouring windows overlap")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--max-query-length", features.max_query_length, "maximum tokens per question")
      ->check(CLI::PositiveNumber);
  add_threads(command, features.num_threads);
  command.footer(
      "Example:\n  rpp-data squad-features dev-v1.1.json --tokenizer my-model --output features.jsonl");
  command.callback([&options] { run_squad_features(options); });
}

}  // namespace rpp
