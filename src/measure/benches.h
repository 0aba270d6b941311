// The measurements of rpp-bench, each a line or a few. Each makes its own work, of a stated size, and
// measures beside it what the machine could do: a share of that is what can be compared between machines.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bert_format/model_config.h"
#include "config/config.h"
#include "measure/measurement.h"
#include "measure/random_rows.h"

namespace rpp {

// "step_seconds" and "tokens_per_second" of the fastest step, optimizer included; "flops_per_second" by
// training_flops_per_token; "gemm_flops_per_second", a large product in the same precision, and what share of
// it was reached; the largest resident size; and "sections", the share of a step's time that each kind of
// work takes (CPU).
struct TrainBench {
  std::string model_name;  // only printed
  ModelConfig model;
  RandomRows rows;
  std::string method = "dense";  // one of kPruneMethods
  std::string precision = "bf16";
  std::string device = "automatic";
  bool activation_checkpointing = false;
  bool cuda_graph = false;
  int64_t steps = 5;  // timed; one more comes before them
  int64_t num_threads = 0;
};
std::vector<Measurement> bench_train(const TrainBench& bench);

// Memory over many steps whose rows have other lengths in every step: a line after 10, 30, 100, 300, ...
// steps and after the last, of "resident_bytes", "peak_bytes" and the "tokens_per_second" since the line
// before. Of the rows the number and the longest count.
std::vector<Measurement> bench_memory(const TrainBench& bench);

// One update of every weight, dense and for each shrink rule: GB/s by the bytes that have to be read and
// written, and their share of what a copy reaches. A line each.
struct OptimizerBench {
  std::string model_name;
  ModelConfig model;
  std::string precision = "bf16";
  std::string device = "automatic";
  int64_t repeat = 10;
  int64_t num_threads = 0;
};
std::vector<Measurement> bench_optimizer(const OptimizerBench& bench);

// Text in memory to ids, for 1, 2, 4, ... up to num_threads threads. A line each, of the fastest pass:
// "bytes_per_second", and "bytes_per_cpu_second", which other programs on the same cores disturb less.
struct TokenizerBench {
  std::filesystem::path tokenizer;        // as load_tokenizer takes it
  std::filesystem::path input;            // UTF-8 text, plain, .gz or .zst
  int64_t max_bytes = int64_t{64} << 20;  // of text that is read
  int64_t repeat = 3;
  int64_t num_threads = 0;
};
std::vector<Measurement> bench_tokenizer(const TokenizerBench& bench);

// What rpp-data makes of a text: a WordPiece vocabulary of 30,522 pieces ("part": "vocab"), shards ("build"),
// for 1, 2, 4, ... up to num_threads threads, each in a process of its own. A line each: time from file to
// file, and the largest resident size. They are written to `directory`, which is removed again.
struct CorpusBench {
  std::filesystem::path tokenizer;  // of the shards
  std::filesystem::path input;      // UTF-8 text, plain, .gz or .zst
  std::filesystem::path directory;
  int64_t num_threads = 0;
};
std::vector<Measurement> bench_corpus(const CorpusBench& bench);

// Masked pairs from shards, without a model, on one thread as the training loop has it.
struct DataBench {
  std::filesystem::path shards;
  std::filesystem::path tokenizer;
  DataConfig data;
  int64_t sequences = 4096;
  int64_t repeat = 3;
};
std::vector<Measurement> bench_data(const DataBench& bench);

// A checkpoint with the optimizer's state, written and read back with all its hashes, in `directory`, which
// is removed again.
struct CheckpointBench {
  std::string model_name;
  ModelConfig model;
  std::filesystem::path directory;
  int64_t repeat = 2;
};
std::vector<Measurement> bench_checkpoint(const CheckpointBench& bench);

// The threshold of one ranking over all entries, as global ranking needs it, beside a copy of the scores.
struct RankBench {
  int64_t entries = 300'000'000;
  double ratio = 0.8;
  int64_t repeat = 3;
};
std::vector<Measurement> bench_rank(const RankBench& bench);

// Products of one matrix on one thread, zeros at random: the dense kernel beside the sparse one. A line for
// each matrix and ratio, the ratios of a matrix in their order.
struct MatmulBench {
  std::vector<int64_t> rows = {3072, 768}, cols = {768, 3072};  // BERT-base's FFN
  std::vector<double> ratios = {0.2, 0.3, 0.4, 0.5, 0.8, 0.9, 0.95};
  int64_t tokens = 128;
  std::string kernels;  // as in RuntimeOptions
  int64_t repeat = 10;
};
std::vector<Measurement> bench_matmul(const MatmulBench& bench);
// Sentences: from which ratio on the sparse kernel is the faster one, for each matrix.
std::string conclude_matmul(const std::vector<Measurement>& lines);

// A model file in the runtime, every matrix dense and then as RuntimeModel would have it: latency of single
// calls, tokens a second, size, memory and the time from opening the file to the first answer. A line for
// each load. Throws Error as RuntimeModel::load and Session::encode do.
struct InferBench {
  std::vector<std::filesystem::path> models;  // files of rpp-export
  std::vector<int64_t> lengths = {16, 128, 384}, sequences = {1, 8};
  // Texts of `rpp-inspect forward` instead of random ones, one load; the outputs in the file are compared.
  std::filesystem::path input;
  std::vector<int> threads;  // empty: one, and the machine's cores
  std::string kernels;
  double seconds = 1.0;  // of calls, for each load and side; at least three calls
};
std::vector<Measurement> bench_infer(const InferBench& bench);
// A sentence for each model: whether the zeros paid, and the loads with which they did not.
std::string conclude_infer(const std::vector<Measurement>& lines);

}  // namespace rpp
