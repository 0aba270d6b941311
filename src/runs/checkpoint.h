// Checkpoint directories: complete, with a hash of every file, or absent.
//
// RUN/checkpoint-<step> contains a Hugging Face model, training/ and manifest.json; docs/formats.md lists the
// files. This module does not interpret the contents: it seals, verifies, finds and removes directories.
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

// The step of "RUN/checkpoint-120"; nothing for other names.
std::optional<int64_t> checkpoint_step(const std::filesystem::path& path);

// Calls fill(temporary directory), adds manifest.json with size and SHA-256 of every file, fsyncs, renames.
// On an exception (a full disk) `path` is unchanged.
void write_checkpoint(const std::filesystem::path& path,
                      const std::function<void(const std::filesystem::path&)>& fill);

// Throws Error naming the file that is missing, truncated, damaged or not in the manifest, or a damaged
// manifest; the message names the previous checkpoint if there is one.
void verify_checkpoint(const std::filesystem::path& path);

// Ascending by step; partially written ones are ignored.
std::vector<CheckpointDir> list_checkpoints(const std::filesystem::path& run_dir);
std::optional<CheckpointDir> latest_checkpoint(const std::filesystem::path& run_dir);

// Removes the oldest beyond `keep_last`; keeps at least one.
void remove_old_checkpoints(const std::filesystem::path& run_dir, int64_t keep_last);

// Removes all checkpoints of a finished run, including best/ and those of abandoned branches.
void remove_checkpoints(const std::filesystem::path& run_dir);

// Resolves --resume: "auto" is the latest checkpoint of the run or none; otherwise a checkpoint directory, or
// a run directory, whose latest is used. The result is verified. Throws Error when a named directory has no
// checkpoint.
std::optional<std::filesystem::path> find_resume(const std::filesystem::path& run_dir,
                                                 const std::string& resume);

}  // namespace rpp
