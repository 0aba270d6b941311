// Checkpoint directories: found whole, with a hash of every file, or not at all.
//
// RUN/checkpoint-<step> holds a Hugging Face model, training/ and manifest.json; docs/formats.md lists the
// files. This header knows nothing of what is inside: it seals, verifies, finds and removes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rpp {

struct CheckpointDir {
  std::filesystem::path path;
  int64_t step = 0;
};

std::filesystem::path checkpoint_path(const std::filesystem::path& run_dir, int64_t step);

// The step of "RUN/checkpoint-120"; none for other names.
std::optional<int64_t> checkpoint_step(const std::filesystem::path& path);

// Calls fill(temporary directory), adds manifest.json with size and SHA-256 of every file, fsyncs, renames.
// On an exception (a full disk) nothing changes at `path`.
void write_checkpoint(const std::filesystem::path& path,
                      const std::function<void(const std::filesystem::path&)>& fill);

// Throws Error naming the file that is missing, truncated, damaged or not in the manifest, or the manifest
// that is damaged; the message names the checkpoint before it when there is one.
void verify_checkpoint(const std::filesystem::path& path);

// Ascending by step; half-written ones do not count.
std::vector<CheckpointDir> list_checkpoints(const std::filesystem::path& run_dir);
std::optional<CheckpointDir> latest_checkpoint(const std::filesystem::path& run_dir);

// Removes the oldest beyond `keep_last`; at least one stays.
void remove_old_checkpoints(const std::filesystem::path& run_dir, int64_t keep_last);

// Removes all of them, the best one in best/ and those of abandoned branches included, of a run that has
// finished.
void remove_checkpoints(const std::filesystem::path& run_dir);

// What --resume says: "auto" is the latest checkpoint of the run or none; else a checkpoint directory, or a
// run's whose latest is taken. The result is verified. Throws Error when a named directory holds no
// checkpoint.
std::optional<std::filesystem::path> find_resume(const std::filesystem::path& run_dir,
                                                 const std::string& resume);

}  // namespace rpp
