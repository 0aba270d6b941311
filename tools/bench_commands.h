// The interface of rpp-bench's commands; those for text, and those for sparse inference.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "measure/benches.h"
#include "options.h"

namespace rpp {

using Measurements = std::vector<Measurement>;

struct Command {
  std::function<Measurements()> run;
  std::string (*conclude)(const Measurements&) = nullptr;  // text below the table, or nullptr
};

// Sets `chosen` to the command of the subcommand given by the user.
inline CLI::App& add_command(CLI::App& app, const char* name, const char* help, Command& chosen,
                             const Command& command) {
  CLI::App& subcommand = *app.add_subcommand(name, help);
  subcommand.option_defaults()->always_capture_default();
  subcommand.callback([command, &chosen] { chosen = command; });
  return subcommand;
}

struct TextBenches {
  TokenizerBench tokenizer;
  CorpusBench corpus{.directory = "rpp-bench-corpus"};
  DataBench data;
};

inline void add_text_commands(CLI::App& app, TextBenches& a, Command& chosen) {
  auto& text = add_command(app, "tokenizer", "Text to ids, by threads", chosen,
                           {[&] { return bench_tokenizer(a.tokenizer); }});
  text.add_option("--tokenizer", a.tokenizer.tokenizer, "directory or vocab.txt")->required();
  text.add_option("--input", a.tokenizer.input, "text, plain, .gz or .zst")->required();
  add_threads(text, a.tokenizer.num_threads, "maximum threads; 0: all cores");
  text.add_option("--repeat", a.tokenizer.repeat, "repetitions; the fastest is reported")
      ->check(CLI::PositiveNumber);
  text.footer("Example:\n  rpp-bench tokenizer --tokenizer my-bert --input corpus.txt");

  auto& corpus = add_command(app, "corpus", "Vocabulary and shards from a text, by threads", chosen,
                             {[&] { return bench_corpus(a.corpus); }});
  corpus.add_option("--tokenizer", a.corpus.tokenizer, "tokenizer of the shards: directory or vocab.txt")
      ->required();
  corpus.add_option("--input", a.corpus.input, "text, plain, .gz or .zst")->required();
  corpus.add_option("--directory", a.corpus.directory, "directory on the disk to measure; must not exist");
  add_threads(corpus, a.corpus.num_threads, "maximum threads; 0: all cores");
  corpus.footer("Example:\n  rpp-bench corpus --tokenizer my-bert --input corpus.txt");

  auto& pairs = add_command(app, "data", "Masked pairs from shards, one thread", chosen,
                            {[&] { return bench_data(a.data); }});
  pairs.add_option("shards,--shards", a.data.shards, "directories written by rpp-data build")->required();
  pairs.add_option("--tokenizer", a.data.tokenizer, "directory or vocab.txt")->required();
  pairs.add_option("--length", a.data.data.max_seq_length, "maximum tokens per pair");
  pairs.footer("Example:\n  rpp-bench data --shards data/train --tokenizer my-bert");
}

struct RuntimeBenches {
  InferBench infer;
  MatmulBench matmul;
};

inline void add_runtime_commands(CLI::App& app, RuntimeBenches& benches, Command& chosen) {
  InferBench& infer = benches.infer;
  CLI::App& model = add_command(app, "infer", "Inference with model files, dense and sparse", chosen,
                                {[&] { return bench_infer(infer); }, conclude_infer});
  add_model(model, infer.models, "model files or directories, one or more");
  model.add_option("--length", infer.lengths, "tokens per text, one or more")->check(CLI::PositiveNumber);
  model.add_option("--sequences", infer.sequences, "texts per call, one or more")->check(CLI::PositiveNumber);
  model
      .add_option("--input", infer.input,
                  "file of rpp-inspect forward with texts, instead of --length and --sequences")
      ->always_capture_default(false);
  model.add_option("--threads", infer.threads, "one or more; default: 1, and all cores")
      ->check(CLI::PositiveNumber)
      ->always_capture_default(false);
  model.add_option("--seconds", infer.seconds, "duration of the calls for each load and side")
      ->check(CLI::PositiveNumber);
  model.add_option("--kernels", infer.kernels, "instruction set; default: the fastest of this machine");
  model.add_flag("--int8", infer.int8, "compare matrices in int8, sparse or dense, with dense fp32");
  model.footer(
      "Example:\n  rpp-bench infer --model dense.rpp sst2.rpp --length 16 128 --sequences 1 8 --threads 1");

  MatmulBench& matmul = benches.matmul;
  CLI::App& product = add_command(app, "matmul", "Matmuls of one matrix, dense and sparse", chosen,
                                  {[&] { return bench_matmul(matmul); }, conclude_matmul});
  product.add_option("--rows", matmul.rows, "rows (outputs) of each matrix")->check(CLI::PositiveNumber);
  product.add_option("--cols", matmul.cols, "columns (inputs) of each matrix")->check(CLI::PositiveNumber);
  product.add_option("--tokens", matmul.tokens, "tokens")->check(CLI::PositiveNumber);
  product.add_option("--ratios", matmul.ratios, "prune ratios")->check(CLI::Range(0.0, 1.0));
  product.add_option("--repeat", matmul.repeat, "repetitions; the fastest is reported")
      ->check(CLI::PositiveNumber);
  product.add_option("--block", matmul.block, "neighbours of a row that are zero together")
      ->check(CLI::PositiveNumber);
  product.add_option("--kernels", matmul.kernels, "instruction set; default: the fastest of this machine");
  product.footer("Example:\n  rpp-bench matmul --ratios 0.3 0.4 0.5");
}

}  // namespace rpp
