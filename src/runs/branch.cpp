#include "branch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "core/atomic_file.h"
#include "core/json.h"
#include "json_members.h"
#include "program/log.h"
#include "rpp/error.h"
#include "runs/checkpoint.h"
#include "runs/metrics_log.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecord = "best.json";
constexpr const char* kBestFormat = "rpp-best-1";
constexpr const char* kAbandoned = "abandoned-";

fs::path parent_of(const fs::path& checkpoint) {
  const fs::path clean = checkpoint.has_filename() ? checkpoint : checkpoint.parent_path();
  return clean.has_parent_path() ? clean.parent_path() : fs::path(".");
}

bool lies_in(const std::optional<fs::path>& checkpoint, const fs::path& run_dir) {
  return !checkpoint || fs::equivalent(parent_of(*checkpoint), run_dir);
}

std::vector<fs::path> abandoned_by(const fs::path& run_dir, const BranchPoint& point) {
  const bool is_own = lies_in(point.checkpoint, run_dir);
  std::vector<fs::path> abandoned;
  for (const auto& checkpoint : list_checkpoints(run_dir)) {
    if (!is_own || checkpoint.step > point.step) abandoned.push_back(checkpoint.path);
  }
  const fs::path best = run_dir / kBest;
  if (fs::exists(best) && (!point.best || read_best_record(best) != point.best)) abandoned.push_back(best);
  return abandoned;
}

fs::path new_abandoned_dir(const fs::path& run_dir) {
  int number = 1;
  while (fs::exists(run_dir / fmt::format("{}{}", kAbandoned, number))) ++number;
  return run_dir / fmt::format("{}{}", kAbandoned, number);
}

bool is_best(const fs::path& directory, const BestRecord& best) {
  return read_best_record(directory) == best;
}

}  // namespace

void write_best_record(const fs::path& directory, const BestRecord& record) {
  const nlohmann::ordered_json json = {
      {"format", kBestFormat}, {"step", record.step}, {"value", record.value}};
  write_file_atomically(directory / kRecord, json.dump(2) + "\n");
}

std::optional<BestRecord> read_best_record(const fs::path& directory) {
  const fs::path file = directory / kRecord;
  if (!fs::exists(file)) return std::nullopt;
  const auto json = parse_json_object(read_file(file), file.string());
  RPP_CHECK(has_format(json, kBestFormat), "{} is of another version (this program reads {})", file,
            kBestFormat);
  return BestRecord{.step = json_member<int64_t>(json, "step", file),
                    .value = json_member<double>(json, "value", file)};
}

void set_aside_abandoned(const fs::path& run_dir, const BranchPoint& point) {
  const auto abandoned = abandoned_by(run_dir, point);
  if (abandoned.empty()) return;
  if (point.repeats && lies_in(point.checkpoint, run_dir) && abandoned == std::vector{run_dir / kBest}) {
    remove_directory(run_dir / kBest);
    return;
  }
  const fs::path target = new_abandoned_dir(run_dir);
  fs::create_directories(target);
  if (fs::exists(run_dir / kMetricsLog)) fs::copy_file(run_dir / kMetricsLog, target / kMetricsLog);
  std::vector<std::string> names;
  for (const auto& path : abandoned) {
    names.push_back(path.filename().string());
    fs::rename(path, target / path.filename());
  }
  log::warn(
      "the run continues from step {}: {} of the abandoned branch {} now in {}, until the run has finished{}",
      point.step, fmt::join(names, ", "), names.size() == 1 ? "is" : "are", target.string(),
      " (train.keep_checkpoints=true keeps it)");
}

std::optional<fs::path> find_best(const fs::path& run_dir, const BranchPoint& point) {
  if (!point.best) return std::nullopt;
  if (is_best(run_dir / kBest, *point.best)) return run_dir / kBest;
  if (!point.checkpoint) return std::nullopt;
  if (point.best->step == point.step) return *point.checkpoint;
  const fs::path source = parent_of(*point.checkpoint);
  if (is_best(source / kBest, *point.best)) return source / kBest;
  const fs::path checkpoint = checkpoint_path(source, point.best->step);
  if (fs::exists(checkpoint)) return checkpoint;
  return std::nullopt;
}

void remove_abandoned(const fs::path& run_dir) {
  std::vector<fs::path> abandoned;
  for (const auto& entry : fs::directory_iterator(run_dir)) {
    if (entry.path().filename().string().starts_with(kAbandoned)) abandoned.push_back(entry.path());
  }
  for (const auto& directory : abandoned) remove_directory(directory);
}

}  // namespace rpp
