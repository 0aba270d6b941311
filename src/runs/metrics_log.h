// metrics.jsonl: one JSON object a line, {"step": 20, "kind": "train", "loss": 3.2, ...}.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rpp {

inline constexpr const char* kMetricsLog = "metrics.jsonl";  // in the run's directory

using Metrics = std::map<std::string, double>;

class MetricsLog {
 public:
  // Without a file: writes nothing.
  MetricsLog() = default;

  // Opens the file for appending. Lines of steps after `last_step` are dropped first, and those of `repeated`
  // kinds at that step: a resumed run writes them again. Lines cut short by a crash and damaged lines are
  // dropped too; the log reports how many. Throws Error naming the file.
  MetricsLog(std::filesystem::path path, int64_t last_step, const std::vector<std::string>& repeated = {});

  // Appends a line and flushes it to the system, so that a killed run keeps it. NaN and infinity become null.
  void write(int64_t step, std::string_view kind, const Metrics& metrics);

 private:
  std::filesystem::path path_;
};

}  // namespace rpp
