// What lies in a run's directory behind the step from which it goes on: work of the branch that is left.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace rpp {

inline constexpr const char* kBest = "best";  // the directory of the best weights so far, in that of the run

// best/best.json: of which evaluation the weights in best/ are.
struct BestRecord {
  int64_t step = 0;
  double value = 0;

  bool operator==(const BestRecord&) const = default;
};
void write_best_record(const std::filesystem::path& directory, const BestRecord& record);
// None where the directory or its best.json is missing. Throws Error for a damaged one.
std::optional<BestRecord> read_best_record(const std::filesystem::path& directory);

// Where a run goes on.
struct BranchPoint {
  std::optional<std::filesystem::path> checkpoint;  // none: at the beginning
  int64_t step = 0;
  std::optional<BestRecord> best;  // so far
  bool repeats = false;            // with the settings of the process before: its later steps come out again
};

// Moves checkpoints of later steps, or all of them where the run goes on from a checkpoint of another
// directory, and a best/ that is not `best` into RUN/abandoned-N, with a copy of metrics.jsonl, and says so
// in the log. So what stays is this branch's own. Where no more is left than a best/ that the run makes once
// more, that is removed.
void set_aside_abandoned(const std::filesystem::path& run_dir, const BranchPoint& point);

// The directory that holds the weights of `point.best`: best/ of the run or of the checkpoint's, or the
// checkpoint of that step. None when they are gone.
std::optional<std::filesystem::path> find_best(const std::filesystem::path& run_dir,
                                               const BranchPoint& point);

// Removes all of RUN/abandoned-N.
void remove_abandoned(const std::filesystem::path& run_dir);

}  // namespace rpp
