#include "rpp/train/metrics_log.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <utility>

#include "rpp/core/atomic_file.h"
#include "rpp/core/error.h"
#include "rpp/core/json.h"
#include "rpp/core/line_reader.h"

namespace rpp {
namespace {

bool is_kept(const std::string& line, int64_t last_step, const std::vector<std::string>& repeated) {
  const auto object = try_parse_json(line);
  if (!object || !object->is_object()) return false;
  const int64_t step = object->value("step", last_step + 1);
  if (step != last_step) return step < last_step;
  return std::find(repeated.begin(), repeated.end(), object->value("kind", "")) == repeated.end();
}

}  // namespace

MetricsLog::MetricsLog(std::filesystem::path path, int64_t last_step,
                       const std::vector<std::string>& repeated)
    : path_(std::move(path)) {
  std::string kept;
  if (std::filesystem::exists(path_)) {
    LineReader reader(path_);
    for (std::string line; reader.next(line);) {
      if (is_kept(line, last_step, repeated)) kept += line + "\n";
    }
  }
  write_file_atomically(path_, kept);
}

void MetricsLog::write(int64_t step, std::string_view kind, const Metrics& metrics) {
  nlohmann::ordered_json line = {{"step", step}, {"kind", kind}};
  for (const auto& [name, value] : metrics) {
    if (std::isfinite(value)) {
      line[name] = value;
    } else {
      line[name] = nullptr;
    }
  }
  std::ofstream file(path_, std::ios::app);
  file << line.dump() + "\n" << std::flush;
  RPP_CHECK(file.good(), "cannot write to {}: is the disk full?", path_);
}

}  // namespace rpp
