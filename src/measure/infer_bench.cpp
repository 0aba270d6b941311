// Runtime inference with a model file: all matrices dense, against sparse matrices.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "bert_format/model_file.h"
#include "bert_format/model_files.h"
#include "bert_format/model_path.h"
#include "bert_format/weight_files.h"
#include "core/json.h"
#include "core/parallel_for.h"
#include "core/peak_memory.h"
#include "core/rng.h"
#include "io/safetensors.h"
#include "measure/benches.h"
#include "measure/child_process.h"
#include "rpp/error.h"
#include "runtime/compare_outputs.h"

namespace rpp {
namespace {

using Arithmetic = RuntimeOptions::Arithmetic;
using Model = std::shared_ptr<const RuntimeModel>;

constexpr int kRounds = 3;  // both sides alternate, so that interference affects both
constexpr int64_t kFirstTokens = 16;

TextBatch random_texts(const ModelSizes& sizes, int64_t sequences, int64_t length) {
  TextBatch texts;
  Rng rng(1);
  for (int64_t sequence = 0; sequence < sequences; ++sequence) {
    for (int64_t i = 0; i < length; ++i) {
      texts.input_ids.push_back(static_cast<int32_t>(rng.below(static_cast<uint64_t>(sizes.vocab))));
    }
    texts.end_sequence();
  }
  return texts;
}

// What a user runs a model for: the output of its head, or the encoder's outputs without one.
void answer(Session& session, const TextBatch& texts) {
  session.encode(texts.view());
  const ModelSizes& sizes = session.model().sizes();
  if (sizes.labels > 0) {
    session.logits();
  } else if (sizes.token_labels > 0) {
    session.token_logits();
  } else if (sizes.span) {
    session.span_logits();
  } else {
    session.hidden();
    if (sizes.pooler) session.pooled();
  }
}

struct FirstAnswer {
  double ms = 0;
  int64_t memory_bytes = 0;  // peak, including the mapped file
};

// In a child process, so that earlier allocations do not count.
FirstAnswer first_answer(const std::filesystem::path& model, const RuntimeOptions& options) {
  return in_child_process<FirstAnswer>([&] {
    const int64_t before = peak_resident_bytes();
    const Stopwatch stopwatch;
    Session session(RuntimeModel::load(model, options));
    const ModelSizes& sizes = session.model().sizes();
    answer(session, random_texts(sizes, 1, std::min(kFirstTokens, sizes.positions)));
    return FirstAnswer{.ms = 1e3 * stopwatch.seconds(), .memory_bytes = peak_resident_bytes() - before};
  });
}

// Milliseconds of each call after the first.
void append_calls(Session& session, const TextBatch& texts, double seconds, std::vector<double>& calls) {
  answer(session, texts);
  const Stopwatch all;
  do {
    const Stopwatch one;
    answer(session, texts);
    calls.push_back(1e3 * one.seconds());
  } while (all.seconds() < seconds);
}

// The quantile: the smallest value that is not exceeded by this share of the values.
double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values.at(std::max<size_t>(rank, 1) - 1);
}

void add_calls(Measurement& line, const std::string& side, const std::vector<double>& calls) {
  const double ms = std::accumulate(calls.begin(), calls.end(), 0.0);
  const double tokens = line.at("tokens");
  line[side + "_calls"] = calls.size();
  line[side + "_p50_ms"] = percentile(calls, 0.5);
  line[side + "_p99_ms"] = percentile(calls, 0.99);
  line[side + "_tokens_per_second"] = 1e3 * tokens * static_cast<double>(calls.size()) / ms;
}

// Dev set scores saved by fine-tuning: "accuracy 0.8039". Empty: none.
std::string scores_of(const ModelFile& model) {
  const auto& files = model.contents().files;
  const auto results = files.find("eval_results.json");
  if (results == files.end()) return "";
  constexpr std::string_view kPrefix = "eval_";
  std::string scores;
  const auto values = parse_json(results->second, results->first);
  for (const auto& [name, value] : values.items()) {
    if (!name.starts_with(kPrefix) || !value.is_number()) continue;
    const std::string metric = name.substr(kPrefix.size());
    if (metric.starts_with("loss") || metric.starts_with("samples")) continue;
    scores += fmt::format("{}{} {:.4f}", scores.empty() ? "" : ", ", metric, value.get<double>());
  }
  return scores;
}

// For a model directory, the size of the weights.
int64_t size_of(const std::filesystem::path& model) {
  return weights_bytes(find_weights(model).value_or(model));
}

class InferMeasurements {
 public:
  InferMeasurements(const InferBench& bench, const std::filesystem::path& model)
      : bench_(bench),
        path_(model),
        dense_options_{.matrices = RuntimeOptions::Matrices::dense, .kernels = bench.kernels},
        sparse_options_{.arithmetic = bench.int8 ? Arithmetic::int8 : Arithmetic::fp32,
                        .kernels = bench.kernels},
        dense_(RuntimeModel::load(model, dense_options_)),
        sparse_(RuntimeModel::load(model, sparse_options_)) {
    add_model();
  }

  const ModelSizes& sizes() const { return sparse_->sizes(); }

  Measurement measure(const TextBatch& texts, int num_threads) const {
    Session dense(dense_, num_threads), sparse(sparse_, num_threads);
    std::vector<double> dense_calls, sparse_calls;
    for (int round = 0; round < kRounds; ++round) {
      append_calls(dense, texts, bench_.seconds / kRounds, dense_calls);
      append_calls(sparse, texts, bench_.seconds / kRounds, sparse_calls);
    }
    auto line = begin_measurement("infer", num_threads);
    line.update(of_model_);
    line["sequences"] = texts.num_sequences();
    line["longest"] = texts.longest();
    line["tokens"] = texts.input_ids.size();
    add_calls(line, "dense", dense_calls);
    add_calls(line, "sparse", sparse_calls);
    line["texts_per_second"] =
        1e3 * static_cast<double>(texts.num_sequences()) / line["sparse_p50_ms"].get<double>();
    line["speedup"] = line["dense_p50_ms"].get<double>() / line["sparse_p50_ms"].get<double>();
    const bool differs = sparse_->num_sparse() > 0 || bench_.int8;
    line["sparse_wins"] = differs && line["speedup"] > 1.0 ? "yes" : "no";
    if (!bench_.input.empty()) {
      for (const auto& output : compare_outputs(sparse, bench_.input)) {
        line["difference"][output.name] = output.largest;
      }
    }
    return line;
  }

 private:
  void add_model() {
    int64_t dense_bytes = 0;
    for (const auto& tensor : sparse_->file().contents().tensors) {
      dense_bytes += tensor.data.num_entries() * static_cast<int64_t>(sizeof(float));
    }
    const auto dense = first_answer(path_, dense_options_);
    const auto sparse = first_answer(path_, sparse_options_);
    of_model_ = {{"model", (path_ / "").parent_path().filename().string()},
                 {"kernels", sparse_->kernels()},
                 {"arithmetic", bench_.int8 ? "int8" : "fp32"},
                 {"sparse_matrices", sparse_->num_sparse()},
                 {"sparse_from", sparse_->sparse_from()},
                 {"dense_fp32_bytes", dense_bytes},
                 {"file_bytes", size_of(path_)},
                 {"dense_memory_bytes", dense.memory_bytes},
                 {"sparse_memory_bytes", sparse.memory_bytes},
                 {"dense_first_answer_ms", dense.ms},
                 {"sparse_first_answer_ms", sparse.ms},
                 {"score", scores_of(sparse_->file())}};
  }

  const InferBench& bench_;
  std::filesystem::path path_;
  RuntimeOptions dense_options_, sparse_options_;
  Model dense_, sparse_;
  Measurement of_model_;  // values shared by all lines
};

std::vector<TextBatch> texts_of(const InferBench& bench, const ModelSizes& sizes) {
  if (!bench.input.empty()) return {read_texts(SafetensorsFile(bench.input))};
  std::vector<TextBatch> texts;
  for (const int64_t length : bench.lengths) {
    for (const int64_t count : bench.sequences) texts.push_back(random_texts(sizes, count, length));
  }
  return texts;
}

std::vector<int> threads_of(const InferBench& bench) {
  if (!bench.threads.empty()) return bench.threads;
  const int cores = default_num_threads();
  return cores == 1 ? std::vector{1} : std::vector{1, cores};
}

}  // namespace

std::vector<Measurement> bench_infer(const InferBench& bench) {
  std::vector<Measurement> lines;
  for (const auto& model : bench.models) {
    require_model(model);
    const InferMeasurements measurements(bench, model);
    for (const auto& texts : texts_of(bench, measurements.sizes())) {
      for (const int num_threads : threads_of(bench)) {
        lines.push_back(measurements.measure(texts, num_threads));
      }
    }
  }
  return lines;
}

namespace {

std::string conclude_model(const std::string& model, const std::vector<Measurement>& lines) {
  std::string lost;
  for (const auto& line : lines) {
    if (line.at("model") != model) continue;
    if (line.at("sparse_matrices") == 0 && line.at("arithmetic") == "fp32") {
      return fmt::format(
          "{}: no matrix has enough zeros for the sparse kernel, {:.0f} % or more: both sides were dense.\n",
          model, 100 * line.at("sparse_from").get<double>());
    }
    if (line.at("sparse_wins") == "yes") continue;
    lost += fmt::format("{}{} x {} tokens on {} threads ({:.2f}x)", lost.empty() ? "" : ", ",
                        line.at("sequences").dump(), line.at("longest").dump(), line.at("threads").dump(),
                        line.at("speedup").get<double>());
  }
  const bool int8 = lines.front().at("arithmetic") == "int8";
  const std::string side = int8 ? "int8" : "sparse", other = int8 ? "dense fp32" : "dense";
  return lost.empty() ? fmt::format("{}: {} is faster than {} in all measurements.\n", model, side, other)
                      : fmt::format("{}: {} does not win with {}.\n", model, side, lost);
}

}  // namespace

std::string conclude_infer(const std::vector<Measurement>& lines) {
  std::string conclusions;
  std::string last;
  for (const auto& line : lines) {
    const std::string model = line.at("model");
    if (std::exchange(last, model) != model) conclusions += conclude_model(model, lines);
  }
  return conclusions;
}

}  // namespace rpp
