// The benchmarks of rpp-bench; each reports one or more lines. Each generates its own work of a stated size
// and also measures what the machine could reach: that ratio can be compared between machines.
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
// training_flops_per_token; "gemm_flops_per_second" of a large GEMM in the same precision, and the fraction
// of it that was reached; the peak resident size; and "sections", the fraction of a step's time per kind of
// work (CPU).
struct TrainBench {
  std::string model_name;  // printed only
  ModelConfig model;
  RandomRows rows;
  std::string method = "dense";  // one of kPruneMethods
  std::string precision = "bf16";
  std::string device = "automatic";
  bool activation_checkpointing = false;
  bool cuda_graph = false;
  int64_t steps = 5;  // timed; one warmup step comes first
  int64_t num_threads = 0;
};
std::vector<Measurement> bench_train(const TrainBench& bench);

// Memory over many steps whose row lengths differ from step to step: a line after 10, 30, 100, 300, ... steps
// and after the last, with "resident_bytes", "peak_bytes" and "tokens_per_second" since the previous line. Of
// `rows` only the number of rows and the longest row are used.
std::vector<Measurement> bench_memory(const TrainBench& bench);

// One update of every weight, dense and for each shrink rule: GB/s by the bytes that have to be read and
// written, and their fraction of a memory copy's bandwidth. One line each.
struct OptimizerBench {
  std::string model_name;
  ModelConfig model;
  std::string precision = "bf16";
  std::string device = "automatic";
  int64_t repeat = 10;
  int64_t num_threads = 0;
};
std::vector<Measurement> bench_optimizer(const OptimizerBench& bench);

// Text in memory to ids, for 1, 2, 4, ... up to num_threads threads. One line each, for the fastest pass:
// "bytes_per_second", and "bytes_per_cpu_second", which is less sensitive to other programs on the machine.
struct TokenizerBench {
  std::filesystem::path tokenizer;        // as load_tokenizer takes it
  std::filesystem::path input;            // UTF-8 text, plain, .gz or .zst
  int64_t max_bytes = int64_t{64} << 20;  // of text to read
  int64_t repeat = 3;
  int64_t num_threads = 0;
};
std::vector<Measurement> bench_tokenizer(const TokenizerBench& bench);

// What rpp-data makes of a text: a WordPiece vocabulary of 30,522 pieces ("part": "vocab") and shards
// ("build"), for 1, 2, 4, ... up to num_threads threads, each in its own process. One line each: time from
// file to file, and the peak resident size. The output goes to `directory` and is removed again.
struct CorpusBench {
  std::filesystem::path tokenizer;  // for the shards
  std::filesystem::path input;      // UTF-8 text, plain, .gz or .zst
  std::filesystem::path directory;
  int64_t num_threads = 0;
};
std::vector<Measurement> bench_corpus(const CorpusBench& bench);

// Masked pairs from shards, without a model, on one thread as in the training loop.
struct DataBench {
  std::filesystem::path shards;
  std::filesystem::path tokenizer;
  DataConfig data;
  int64_t sequences = 4096;
  int64_t repeat = 3;
};
std::vector<Measurement> bench_data(const DataBench& bench);

// Writes a checkpoint with the optimizer's state to `directory`, reads it back verifying all hashes, and
// removes it.
struct CheckpointBench {
  std::string model_name;
  ModelConfig model;
  std::filesystem::path directory;
  int64_t repeat = 2;
};
std::vector<Measurement> bench_checkpoint(const CheckpointBench& bench);

// Finds the threshold of one ranking over all entries, as global ranking needs it; compared with a copy of
// the scores.
struct RankBench {
  int64_t entries = 300'000'000;
  double ratio = 0.8;
  int64_t repeat = 3;
};
std::vector<Measurement> bench_rank(const RankBench& bench);

// Matmuls with one matrix on one thread, zeros at random: the dense kernel against the sparse one, in fp32
// and in int8. A line for each matrix and ratio, the ratios of a matrix in their order.
struct MatmulBench {
  std::vector<int64_t> rows = {3072, 768}, cols = {768, 3072};  // BERT-base's FFN
  std::vector<double> ratios = {0.2, 0.3, 0.4, 0.5, 0.8, 0.9, 0.95};
  int64_t tokens = 128;
  int64_t block = 1;    // neighbours of a row that are zero together
  std::string kernels;  // as in RuntimeOptions
  int64_t repeat = 10;
};
std::vector<Measurement> bench_matmul(const MatmulBench& bench);
// A sentence for each matrix: the prune ratio from which the sparse kernel is faster.
std::string conclude_matmul(const std::vector<Measurement>& lines);

// A model file in the runtime, with all matrices dense in fp32 and then with RuntimeModel's own choice:
// latency of single calls, tokens per second, size, memory, and the time from opening the file to the first
// answer. One line per load. Throws Error as RuntimeModel::load and Session::encode do.
struct InferBench {
  std::vector<std::filesystem::path> models;  // files of rpp-export
  std::vector<int64_t> lengths = {16, 128, 384}, sequences = {1, 8};
  // Texts from a file of `rpp-inspect forward` instead of random ones, as one load; the outputs in it are
  // compared.
  std::filesystem::path input;
  std::vector<int> threads;  // empty: one, and all cores
  std::string kernels;
  bool int8 = false;     // RuntimeModel's choice is among matrices in int8
  double seconds = 1.0;  // duration of the calls for each load and side; at least three calls
};
std::vector<Measurement> bench_infer(const InferBench& bench);
// A sentence for each model: whether sparse was faster, and the loads where it was not.
std::string conclude_infer(const std::vector<Measurement>& lines);

}  // namespace rpp
