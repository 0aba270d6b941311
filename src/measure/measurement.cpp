#include "measure/measurement.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <map>
#include <thread>

#include "core/version.h"

namespace rpp {
namespace {

// The processor's name from Linux; "unknown" on other systems.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

// A column of the table: its heading, and the divisor of its numbers.
struct Column {
  const char* key;
  const char* title;
  double unit = 1.0;
};

// Every other key has its own name as heading.
constexpr Column kColumns[] = {{"sequences", "texts"},
                               {"longest", "length"},
                               {"dense_p50_ms", "dense ms"},
                               {"sparse_p50_ms", "ms"},
                               {"texts_per_second", "texts/s"},
                               {"sparse_memory_bytes", "memory MB", 1e6},
                               {"file_bytes", "file MB", 1e6},
                               {"step_seconds", "step s"},
                               {"tokens_per_second", "tokens/s"},
                               {"flops_per_second", "TFLOP/s", 1e12},
                               {"share_of_gemm", "of GEMM %", 0.01},
                               {"peak_bytes", "peak MB", 1e6},
                               {"bytes", "MB", 1e6},
                               {"bytes_per_second", "MB/s", 1e6},
                               {"bytes_per_cpu_second", "MB/CPU s", 1e6},
                               {"copy_bytes_per_second", "copy MB/s", 1e6},
                               {"save_bytes_per_second", "save MB/s", 1e6},
                               {"load_bytes_per_second", "load MB/s", 1e6},
                               {"share_of_copy", "of copy %", 0.01},
                               {"prune_ratio", "zeros %", 0.01},
                               {"dense_gflops", "dense GFLOP/s"},
                               {"sparse_effective_gflops", "sparse GFLOP/s"},
                               {"int8_dense_gops", "int8 dense Gop/s"},
                               {"int8_sparse_effective_gops", "int8 sparse Gop/s"}};

// Details that only the JSON lines contain.
constexpr std::string_view kOnlyInLines[] = {"kernels",
                                             "version",
                                             "tokens",
                                             "dense_calls",
                                             "sparse_calls",
                                             "dense_p99_ms",
                                             "sparse_p99_ms",
                                             "dense_tokens_per_second",
                                             "sparse_tokens_per_second",
                                             "dense_first_answer_ms",
                                             "sparse_first_answer_ms",
                                             "dense_fp32_bytes",
                                             "dense_memory_bytes",
                                             "sparse_from",
                                             "sparse_wins",
                                             "flops_per_token",
                                             "gemm_flops_per_second",
                                             "activation_checkpointing",
                                             "cuda_graph"};

Column column_of(const std::string& key) {
  for (const Column& column : kColumns) {
    if (key == column.key) return column;
  }
  return {.key = key.c_str(), .title = key.c_str()};
}

// Three significant digits, whole numbers with commas from 100 on: 0.0123, 1.23, 12.3, 1,234.
std::string readable(double value) {
  const double size = std::abs(value);
  if (size >= 99.95) return format_count(std::llround(value));
  if (size >= 9.995) return fmt::format("{:.1f}", value);
  return size >= 0.9995 ? fmt::format("{:.2f}", value) : fmt::format("{:.3g}", value);
}

std::string cell(const Measurement& value, const Column& column) {
  if (value.is_number_integer() && column.unit == 1.0) return format_count(value.get<int64_t>());
  if (value.is_number()) return readable(value.get<double>() / column.unit);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Every key in the order of first appearance.
std::vector<std::string> keys_of(const std::vector<Measurement>& measurements) {
  std::vector<std::string> keys;
  for (const auto& measurement : measurements) {
    for (const auto& [key, value] : measurement.items()) {
      const bool hidden =
          std::find(std::begin(kOnlyInLines), std::end(kOnlyInLines), key) != std::end(kOnlyInLines);
      if (value.is_object() || hidden || std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
      keys.push_back(key);
    }
  }
  return keys;
}

bool all_share(const std::vector<Measurement>& measurements, const std::string& key) {
  return std::all_of(measurements.begin(), measurements.end(), [&](const Measurement& measurement) {
    return measurement.contains(key) && measurement.at(key) == measurements.front().at(key);
  });
}

}  // namespace

Measurement begin_measurement(const std::string& bench, int64_t num_threads) {
  return {{"bench", bench},
          {"version", version_string()},
          {"machine", processor_name()},
          {"cores", std::thread::hardware_concurrency()},
          {"threads", num_threads}};
}

std::string format_table(const std::vector<Measurement>& measurements) {
  std::string shared, header;
  std::vector<std::string> rows(measurements.size());
  for (const auto& key : keys_of(measurements)) {
    const Column column = column_of(key);
    if (measurements.front().contains(key) && all_share(measurements, key) &&
        (measurements.size() > 1 || !measurements.front().at(key).is_number())) {
      const std::string value = cell(measurements.front().at(key), column);
      if (!value.empty()) shared += fmt::format("{}: {}\n", column.title, value);
      continue;
    }
    std::vector<std::string> cells;
    size_t width = std::string_view(column.title).size();
    for (const auto& measurement : measurements) {
      cells.push_back(measurement.contains(key) ? cell(measurement.at(key), column) : "-");
      width = std::max(width, cells.back().size());
    }
    header += fmt::format("{:>{}}  ", column.title, width);
    for (size_t i = 0; i < rows.size(); ++i) rows[i] += fmt::format("{:>{}}  ", cells[i], width);
  }
  std::string table = shared + header + "\n";
  for (const auto& row : rows) table += row + "\n";
  return table;
}

}  // namespace rpp
