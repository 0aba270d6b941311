#include "leftovers.h"

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "core/atomic_file.h"
#include "core/file_lock.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporary = ".tmp";
constexpr std::string_view kPrevious = ".old";

struct Leftover {
  fs::path path;
  std::string name;  // the final name, now or before
  bool is_previous = false;
};

// Whether it may be RANDOM: 16 hexadecimal digits, or a process id as in earlier versions.
bool is_random_part(std::string_view text) {
  const bool is_number = text.find_first_not_of("0123456789") == std::string_view::npos;
  const bool is_hex = text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return !text.empty() && (is_number || (is_hex && text.size() == 16));
}

std::optional<Leftover> leftover_of(const fs::path& path) {
  const std::string file = path.filename().string();
  const bool is_previous = file.ends_with(kPrevious);
  if (!file.starts_with('.') || (!is_previous && !file.ends_with(kTemporary))) return std::nullopt;
  const std::string stem = file.substr(1, file.size() - 1 - kTemporary.size());  // NAME.RANDOM
  const size_t dot = stem.rfind('.');
  if (dot == std::string::npos || dot == 0 || !is_random_part(std::string_view(stem).substr(dot + 1))) {
    return std::nullopt;
  }
  return Leftover{.path = path, .name = stem.substr(0, dot), .is_previous = is_previous};
}

std::vector<Leftover> leftovers_in(const fs::path& directory) {
  std::vector<Leftover> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    if (auto leftover = leftover_of(entry.path())) found.push_back(std::move(*leftover));
  }
  return found;
}

// The lock of a process that died right after creating it: its first line names the process, or it is empty.
void remove_unlocked_locks(const fs::path& directory) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    const std::string file = entry.path().filename().string();
    const bool is_lock = file.starts_with('.') && file.ends_with(".lock") && entry.is_regular_file(ignored);
    if (!is_lock) continue;
    const std::string text = read_file(entry.path());
    if (text.empty() || text.starts_with("process ")) remove_unlocked(entry.path());
  }
}

std::string name_of(const fs::path& path) {
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

fs::file_time_type time_of(const fs::path& path) {
  std::error_code ignored;
  return fs::last_write_time(path, ignored);
}

}  // namespace

fs::path parent_of(const fs::path& path) {
  const fs::path clean = path.has_filename() ? path : path.parent_path();
  return clean.has_parent_path() ? clean.parent_path() : fs::path(".");
}

fs::path random_sibling(const fs::path& path, std::string_view suffix) {
  std::random_device device;
  const uint64_t number = (uint64_t{device()} << 32) | device();
  return parent_of(path) / fmt::format(".{}.{:016x}{}", name_of(path), number, suffix);
}

fs::path lock_beside(const fs::path& path) {
  return parent_of(path) / fmt::format(".{}.lock", name_of(path));
}

void remove_file_leftovers(const fs::path& path) {
  for (const auto& leftover : leftovers_in(parent_of(path))) {
    const bool is_file = fs::is_regular_file(fs::symlink_status(leftover.path));
    if (leftover.name == name_of(path) && is_file) remove_unlocked(leftover.path);
  }
}

void remove_directory_leftovers(const fs::path& path) {
  auto leftovers = leftovers_in(parent_of(path));
  std::erase_if(leftovers, [&](const Leftover& leftover) {
    return leftover.name != name_of(path) || !fs::is_directory(fs::symlink_status(leftover.path));
  });
  std::ranges::sort(leftovers, std::greater(),
                    [](const Leftover& leftover) { return time_of(leftover.path); });
  std::error_code ignored;
  for (const auto& leftover : leftovers) {
    if (leftover.is_previous && !fs::exists(path)) fs::rename(leftover.path, path);
  }
  for (const auto& leftover : leftovers) fs::remove_all(leftover.path, ignored);
}

void finish_interrupted_writes(const fs::path& directory) {
  std::set<std::string> directories, files;
  for (const auto& leftover : leftovers_in(directory)) {
    const bool is_directory = fs::is_directory(fs::symlink_status(leftover.path));
    (is_directory ? directories : files).insert(leftover.name);
  }
  for (const auto& name : files) remove_file_leftovers(directory / name);
  for (const auto& name : directories) {
    try {
      const FileLock lock(lock_beside(directory / name), directory / name);
      remove_directory_leftovers(directory / name);
    } catch (const Error&) {  // it is still being written
    }
  }
  remove_unlocked_locks(directory);
}

}  // namespace rpp
