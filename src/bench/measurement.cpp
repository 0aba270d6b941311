#include "rpp/bench/measurement.h"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <thread>

#include "rpp/core/version.h"

namespace rpp {
namespace {

// As Linux names the processor; other systems are "unknown".
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string cell(const Measurement& value) {
  if (value.is_number_float()) return fmt::format("{:.4g}", value.get<double>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Every key in the order of its first appearance.
std::vector<std::string> keys_of(const std::vector<Measurement>& measurements) {
  std::vector<std::string> keys;
  for (const auto& measurement : measurements) {
    for (const auto& [key, value] : measurement.items()) {
      if (value.is_object() || std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
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
    if (measurements.size() > 1 && measurements.front().contains(key) && all_share(measurements, key)) {
      shared += fmt::format("{}: {}\n", key, cell(measurements.front().at(key)));
      continue;
    }
    std::vector<std::string> cells;
    size_t width = key.size();
    for (const auto& measurement : measurements) {
      cells.push_back(measurement.contains(key) ? cell(measurement.at(key)) : "-");
      width = std::max(width, cells.back().size());
    }
    header += fmt::format("{:>{}}  ", key, width);
    for (size_t i = 0; i < rows.size(); ++i) rows[i] += fmt::format("{:>{}}  ", cells[i], width);
  }
  std::string table = shared + header + "\n";
  for (const auto& row : rows) table += row + "\n";
  return table;
}

}  // namespace rpp
