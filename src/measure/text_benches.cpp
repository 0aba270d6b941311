// Tokenizer and data pipeline: text in, batches out, no model.
#include <atomic>
#include <functional>
#include <limits>

#include "core/parallel_for.h"
#include "core/peak_memory.h"
#include "data/pretrain_sampler.h"
#include "data/shards.h"
#include "measure/benches.h"
#include "measure/child_process.h"
#include "program/line_reader.h"
#include "rpp/error.h"
#include "rpp/tokenizer.h"
#include "tokenizer_files/fingerprint.h"
#include "tokenizer_files/load_tokenizer.h"
#include "vocab_training/vocab_trainer.h"

namespace rpp {
namespace {

std::vector<std::string> read_lines(const std::filesystem::path& path, int64_t max_bytes) {
  std::vector<std::string> lines;
  LineReader reader(path);
  std::string line;
  for (int64_t bytes = 0; bytes < max_bytes && reader.next(line);
       bytes += static_cast<int64_t>(line.size())) {
    lines.push_back(line);
  }
  RPP_CHECK(!lines.empty(), "{} holds no text", path);
  return lines;
}

int64_t count_bytes(const std::vector<std::string>& lines) {
  size_t bytes = 0;
  for (const auto& line : lines) bytes += line.size();
  return static_cast<int64_t>(bytes);
}

int64_t count_tokens(const Tokenizer& tokenizer, const std::vector<std::string>& lines, int64_t num_threads) {
  std::atomic<int64_t> tokens = 0;
  parallel_for(static_cast<int64_t>(lines.size()), static_cast<int>(num_threads),
               [&](int64_t begin, int64_t end) {
                 std::vector<int32_t> ids;
                 int64_t sum = 0;
                 for (int64_t i = begin; i < end; ++i) {
                   ids.clear();
                   tokenizer.encode_into(lines[static_cast<size_t>(i)], ids);
                   sum += static_cast<int64_t>(ids.size());
                 }
                 tokens += sum;
               });
  return tokens;
}

int64_t count_bytes_of_file(const std::filesystem::path& path) {
  LineReader reader(path);
  int64_t bytes = 0;
  for (std::string line; reader.next(line);) bytes += static_cast<int64_t>(line.size()) + 1;
  return bytes;
}

struct RemovedAtEnd {
  ~RemovedAtEnd() {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  std::filesystem::path directory;
};

struct Usage {
  double seconds = 0, cpu_seconds = 0;
  int64_t peak_bytes = 0;
};

template <typename Work>
Usage usage_of(const Work& work) {
  const double started = cpu_seconds();
  const double seconds = best_seconds(1, work);
  return {seconds, cpu_seconds() - started, peak_resident_bytes()};
}

}  // namespace

std::vector<Measurement> bench_tokenizer(const TokenizerBench& bench) {
  const auto tokenizer = load_tokenizer(bench.tokenizer);
  const auto lines = read_lines(bench.input, bench.max_bytes);
  const int64_t most = bench.num_threads > 0 ? bench.num_threads : default_num_threads();
  std::vector<Measurement> measurements;
  for (int64_t threads = 1; threads <= most; threads *= 2) {
    int64_t tokens = 0;
    double least_cpu_seconds = std::numeric_limits<double>::max();
    const double seconds = best_seconds(bench.repeat, [&] {
      const double started = cpu_seconds();
      tokens = count_tokens(*tokenizer, lines, threads);
      least_cpu_seconds = std::min(least_cpu_seconds, cpu_seconds() - started);
    });
    auto line = begin_measurement("tokenizer", threads);
    line["bytes"] = count_bytes(lines);
    line["lines"] = lines.size();
    line["tokens"] = tokens;
    line["bytes_per_second"] = static_cast<double>(count_bytes(lines)) / seconds;
    line["bytes_per_cpu_second"] = static_cast<double>(count_bytes(lines)) / least_cpu_seconds;
    line["tokens_per_second"] = static_cast<double>(tokens) / seconds;
    measurements.push_back(std::move(line));
  }
  return measurements;
}

std::vector<Measurement> bench_corpus(const CorpusBench& bench) {
  RPP_CHECK(!std::filesystem::exists(bench.directory), "{} exists already: name a directory to be made",
            bench.directory);
  RPP_CHECK(!is_read_once(bench.input),
            "{} can be read only once, each measurement reads it: write it to a file",
            input_name(bench.input));
  const auto tokenizer = load_tokenizer(bench.tokenizer);
  const auto bytes = static_cast<double>(count_bytes_of_file(bench.input));
  const int64_t most = bench.num_threads > 0 ? bench.num_threads : default_num_threads();
  const RemovedAtEnd directory{bench.directory};
  const auto learn = [&](int num_threads) {
    train_vocabulary(
        {.inputs = {bench.input}, .output = bench.directory / "vocab", .num_threads = num_threads});
  };
  const auto build = [&](int num_threads) {
    build_shards(
        {.inputs = {bench.input}, .output_dir = bench.directory / "shards", .num_threads = num_threads},
        *tokenizer);
  };
  std::vector<Measurement> measurements;
  const auto measure = [&](const char* part, int64_t threads, const std::function<void(int)>& work) {
    const Usage usage =
        in_child_process<Usage>([&] { return usage_of([&] { work(static_cast<int>(threads)); }); });
    auto line = begin_measurement("corpus", threads);
    line["part"] = part;
    line["bytes"] = static_cast<int64_t>(bytes);
    line["bytes_per_second"] = bytes / usage.seconds;
    line["bytes_per_cpu_second"] = bytes / usage.cpu_seconds;
    line["peak_bytes"] = usage.peak_bytes;
    measurements.push_back(std::move(line));
  };
  for (int64_t threads = 1; threads <= most; threads *= 2) measure("vocab", threads, learn);
  for (int64_t threads = 1; threads <= most; threads *= 2) measure("build", threads, build);
  return measurements;
}

std::vector<Measurement> bench_data(const DataBench& bench) {
  const auto tokenizer = load_tokenizer(bench.tokenizer);
  const ShardSet shards({bench.shards}, fingerprint(*tokenizer));
  const PretrainSampler sampler(shards, *tokenizer, bench.data, 1);
  constexpr int64_t kBatch = 16;
  int64_t tokens = 0, sequences = 0;
  const double seconds = best_seconds(bench.repeat, [&] {
    tokens = sequences = 0;
    for (int64_t step = 0; sequences < bench.sequences; ++step) {
      const auto batch = sampler.batch(step, 0, kBatch);
      tokens += batch.num_tokens();
      sequences += batch.num_sequences();
    }
  });
  auto line = begin_measurement("data", 1);
  line["length"] = bench.data.max_seq_length;
  line["sequences"] = sequences;
  line["tokens"] = tokens;
  line["sequences_per_second"] = static_cast<double>(sequences) / seconds;
  line["tokens_per_second"] = static_cast<double>(tokens) / seconds;
  return {line};
}

}  // namespace rpp
