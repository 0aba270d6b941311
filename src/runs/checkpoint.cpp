#include "runs/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "branch.h"
#include "core/atomic_file.h"
#include "core/json.h"
#include "core/parallel_for.h"
#include "json_members.h"
#include "program/sha256.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr std::string_view kPrefix = "checkpoint-";
constexpr const char* kManifest = "manifest.json";
constexpr const char* kCheckpointFormat = "rpp-checkpoint-1";

std::vector<fs::path> files_below(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(directory));
  }
  std::sort(files.begin(), files.end());
  return files;
}

// In parallel: hashing takes most of the time, and weights and moments are separate files.
template <typename Body>
void for_each_index(size_t count, const Body& body) {
  parallel_for(static_cast<int64_t>(count), 0, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(static_cast<size_t>(i));
  });
}

void write_manifest(const fs::path& directory) {
  const auto names = files_below(directory);
  std::vector<std::string> hashes(names.size());
  for_each_index(names.size(), [&](size_t i) { hashes[i] = sha256_file(directory / names[i]); });
  ordered_json files = ordered_json::object();
  for (size_t i = 0; i < names.size(); ++i) {
    files[names[i].generic_string()] = {{"bytes", fs::file_size(directory / names[i])},
                                        {"sha256", hashes[i]}};
  }
  const ordered_json manifest = {{"format", kCheckpointFormat}, {"files", files}};
  write_file_atomically(directory / kManifest, manifest.dump(2) + "\n");
}

// The checkpoint to resume from if this one is damaged.
std::string advice(const fs::path& path) {
  const auto run_dir = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  const auto step = checkpoint_step(path);
  std::optional<CheckpointDir> before;
  for (const auto& checkpoint : list_checkpoints(run_dir)) {
    if (step && checkpoint.step < *step) before = checkpoint;
  }
  if (!before) return "there is no checkpoint before it";
  return fmt::format("the one before it is {}: resume from there with --resume {}", before->path,
                     before->path);
}

ordered_json read_manifest(const fs::path& path) {
  const auto file = path / kManifest;
  if (!fs::exists(file)) fail("{} is not a checkpoint: {} is missing; {}", path, file, advice(path));
  auto manifest = parse_json_object<ordered_json>(read_file(file), file.string(), advice(path));
  if (!has_format(manifest, kCheckpointFormat)) {
    fail("{} is damaged or of another version (this program reads {}); {}", file, kCheckpointFormat,
         advice(path));
  }
  if (!manifest.contains("files") || !manifest["files"].is_object() || manifest["files"].empty()) {
    fail("{} is damaged: no list of files; {}", file, advice(path));
  }
  return manifest["files"];
}

bool is_place_inside(const fs::path& name) {
  return !name.empty() && name.is_relative() && name == name.lexically_normal() && *name.begin() != ".." &&
         name.has_filename() && name != "." && name != kManifest;
}

// The list names every file, and none outside the directory.
void check_names(const fs::path& checkpoint, const ordered_json& files) {
  for (const auto& [name, expected] : files.items()) {
    if (!is_place_inside(name)) {
      fail("{} is damaged: '{}' is no file of it; {}", checkpoint / kManifest, name, advice(checkpoint));
    }
    const bool is_whole = expected.is_object() && expected.contains("bytes") &&
                          expected["bytes"].is_number_unsigned() && expected.contains("sha256") &&
                          expected["sha256"].is_string();
    if (!is_whole) {
      fail("{} is damaged: no bytes and sha256 of '{}'; {}", checkpoint / kManifest, name,
           advice(checkpoint));
    }
  }
  for (const auto& name : files_below(checkpoint)) {
    if (name != kManifest && !files.contains(name.generic_string())) {
      fail("{} is not in {}: move it away if it is not part of the checkpoint; {}", checkpoint / name,
           kManifest, advice(checkpoint));
    }
  }
}

void verify_file(const fs::path& checkpoint, const std::string& name, const ordered_json& expected) {
  const auto file = checkpoint / name;
  if (!fs::exists(file)) fail("{} is missing; {}", file, advice(checkpoint));
  if (!fs::is_regular_file(file)) fail("{} is no file; {}", file, advice(checkpoint));
  const auto bytes = expected["bytes"].get<uint64_t>();
  const uint64_t found = fs::file_size(file);
  if (found < bytes) {
    fail("{} is truncated: {} of the {} bytes in {}; {}", file, found, bytes, kManifest, advice(checkpoint));
  }
  if (found != bytes || sha256_file(file) != expected["sha256"].get<std::string>()) {
    fail("{} is damaged: its hash is not the one in {}; {}", file, kManifest, advice(checkpoint));
  }
}

}  // namespace

std::optional<int64_t> checkpoint_step(const fs::path& path) {
  const std::string name = (path.has_filename() ? path : path.parent_path()).filename().string();
  if (!name.starts_with(kPrefix)) return std::nullopt;
  int64_t step = -1;
  std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), step);
  // "checkpoint--5", "checkpoint-007" and "checkpoint-5.old" are not names of checkpoints.
  if (step < 0 || name != fmt::format("{}{}", kPrefix, step)) return std::nullopt;
  return step;
}

fs::path checkpoint_path(const fs::path& run_dir, int64_t step) {
  return run_dir / fmt::format("{}{}", kPrefix, step);
}

void write_checkpoint(const fs::path& path, const std::function<void(const fs::path&)>& fill) {
  write_directory_atomically(path, [&](const fs::path& temporary) {
    fill(temporary);
    write_manifest(temporary);
  });
}

void verify_checkpoint(const fs::path& path) {
  const auto files = read_manifest(path);
  check_names(path, files);
  std::vector<std::string> names;
  for (const auto& [name, expected] : files.items()) names.push_back(name);
  for_each_index(names.size(), [&](size_t i) { verify_file(path, names[i], files[names[i]]); });
}

std::vector<CheckpointDir> list_checkpoints(const fs::path& run_dir) {
  std::vector<CheckpointDir> checkpoints;
  if (!fs::is_directory(run_dir)) return checkpoints;
  for (const auto& entry : fs::directory_iterator(run_dir)) {
    const auto step = checkpoint_step(entry.path());
    if (step && entry.is_directory()) checkpoints.push_back({.path = entry.path(), .step = *step});
  }
  std::sort(checkpoints.begin(), checkpoints.end(),
            [](const CheckpointDir& a, const CheckpointDir& b) { return a.step < b.step; });
  return checkpoints;
}

std::optional<CheckpointDir> latest_checkpoint(const fs::path& run_dir) {
  const auto checkpoints = list_checkpoints(run_dir);
  if (checkpoints.empty()) return std::nullopt;
  return checkpoints.back();
}

void remove_old_checkpoints(const fs::path& run_dir, int64_t keep_last) {
  const auto checkpoints = list_checkpoints(run_dir);
  const auto count = static_cast<int64_t>(checkpoints.size());
  for (int64_t i = 0; i < count - std::max<int64_t>(keep_last, 1); ++i) remove_directory(checkpoints[i].path);
}

void remove_checkpoints(const fs::path& run_dir) {
  for (const auto& checkpoint : list_checkpoints(run_dir)) remove_directory(checkpoint.path);
  remove_directory(run_dir / kBest);
  remove_abandoned(run_dir);
}

std::optional<fs::path> find_resume(const fs::path& run_dir, const std::string& resume) {
  const bool automatic = resume == "auto";
  const fs::path named = automatic ? run_dir : fs::path(resume);
  if (!automatic && fs::exists(named / kManifest)) {
    verify_checkpoint(named);
    return named;
  }
  const auto latest = latest_checkpoint(named);
  if (!latest && automatic) return std::nullopt;
  if (!latest) fail("--resume {}: no checkpoint there (a directory with {})", named, kManifest);
  verify_checkpoint(latest->path);
  return latest->path;
}

}  // namespace rpp
