// Files in a run's directory from steps after the resume point: the work of an abandoned branch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace rpp {

inline constexpr const char* kBest = "best";  // the subdirectory of a run with the best weights so far

// best/best.json: the evaluation that the weights in best/ come from.
struct BestRecord {
  int64_t step = 0;
  double value = 0;

  bool operator==(const BestRecord&) const = default;
};
void write_best_record(const std::filesystem::path& directory, const BestRecord& record);
// Nothing if the directory or its best.json is missing. Throws Error for a damaged one.
std::optional<BestRecord> read_best_record(const std::filesystem::path& directory);

// The point from which a run is resumed.
struct BranchPoint {
  std::optional<std::filesystem::path> checkpoint;  // none: at the start
  int64_t step = 0;
  std::optional<BestRecord> best;  // so far
  bool repeats = false;            // same settings as before, so the later steps will be computed again
};

// Moves checkpoints of later steps (all checkpoints if the run is resumed from another directory) and a best/
// that is not `best` to RUN/abandoned-N, with a copy of metrics.jsonl, and logs it. Only this branch's own
// files remain. If the only such file is a best/ that the run will compute again, it is removed.
void set_aside_abandoned(const std::filesystem::path& run_dir, const BranchPoint& point);

// The directory with the weights of `point.best`: best/ of the run or beside the checkpoint, or the
// checkpoint of that step. Nothing if they are gone.
std::optional<std::filesystem::path> find_best(const std::filesystem::path& run_dir,
                                               const BranchPoint& point);

// Removes all RUN/abandoned-N directories.
void remove_abandoned(const std::filesystem::path& run_dir);

}  // namespace rpp
