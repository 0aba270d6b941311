#include "runs/metrics_log.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include "core/atomic_file.h"
#include "core/json.h"
#include "program/line_reader.h"
#include "program/log.h"
#include "rpp/error.h"

namespace rpp {
namespace {

struct LoggedLine {
  int64_t step = 0;
  std::string kind;
};

// Nothing if it is not a valid log line.
std::optional<LoggedLine> line_of(const std::string& text) {
  const auto object = try_parse_json(text);
  if (!object || !object->is_object() || !object->contains("step") ||
      !(*object)["step"].is_number_integer()) {
    return std::nullopt;
  }
  LoggedLine line{.step = (*object)["step"].get<int64_t>()};
  if (object->contains("kind") && (*object)["kind"].is_string())
    line.kind = (*object)["kind"].get<std::string>();
  return line;
}

bool is_kept(const LoggedLine& line, int64_t last_step, const std::vector<std::string>& repeated) {
  if (line.step != last_step) return line.step < last_step;
  return std::find(repeated.begin(), repeated.end(), line.kind) == repeated.end();
}

}  // namespace

MetricsLog::MetricsLog(std::filesystem::path path, int64_t last_step,
                       const std::vector<std::string>& repeated)
    : path_(std::move(path)) {
  std::string kept;
  if (std::filesystem::exists(path_)) {
    LineReader reader(path_);
    int64_t number = 0, damaged = 0;
    for (std::string text; reader.next(text);) {
      ++number;
      if (damaged > 0) log::warn("{}:{}: not a line of a log: skipped", path_.string(), damaged);
      const auto line = line_of(text);
      damaged = line ? 0 : number;  // no warning for the last line: a crash truncates it
      if (line && is_kept(*line, last_step, repeated)) kept += text + "\n";
    }
  }
  write_file_atomically(path_, kept);
}

void MetricsLog::write(int64_t step, std::string_view kind, const Metrics& metrics) {
  if (path_.empty()) return;
  nlohmann::ordered_json line = {{"step", step}, {"kind", kind}};
  for (const auto& [name, value] : metrics) {
    if (std::isfinite(value)) {
      line[name] = value;
    } else {
      line[name] = nullptr;
    }
  }
  errno = 0;
  std::ofstream file(path_, std::ios::app);
  file << line.dump() + "\n" << std::flush;
  RPP_CHECK(file.good(), "cannot write to {}: {}", path_, std::strerror(errno != 0 ? errno : EIO));
}

}  // namespace rpp
