// Files and directories that appear completely or not at all: written beside the target, fsynced, renamed.
//
// Temporary files of a killed process are removed by the next process that writes the same file or directory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/file_lock.h"

namespace rpp {

// A file written under a temporary name; commit() renames it. Without commit() the temporary file is removed.
// If several processes write one file, the last commit wins.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Throws Error (path and the system's reason, such as a full disk).
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int fd_ = -1;
};

void write_file_atomically(const std::filesystem::path& path, std::string_view text);

// An empty directory with a unique name beside `path`, removed with its contents on destruction. Meanwhile
// another process that asks for one beside the same path gets an Error that names `path`.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const std::filesystem::path& path);
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  FileLock lock_;
  std::filesystem::path path_;
};

// Calls fill(temporary directory beside `path`), fsyncs it and its contents, then renames it to `path`. An
// existing directory at `path` is replaced only after the new one is complete, in one step if the file system
// can exchange two directories. On an exception `path` is unchanged. Throws Error when another process is
// writing the same directory, or when `path` is a file.
void write_directory_atomically(const std::filesystem::path& path,
                                const std::function<void(const std::filesystem::path&)>& fill);

// Removes a directory with all that it contains; a missing one is no error. If the process dies meanwhile,
// the directory is whole or gone from its name. Throws Error (path and the system's reason).
void remove_directory(const std::filesystem::path& path);

// Removes temporary files of dead processes in `directory`, and restores a directory that such a process had
// moved aside to replace it. Temporary files of living processes are kept.
void finish_interrupted_writes(const std::filesystem::path& directory);

// The whole file as a string; throws Error naming the path, also for a Git LFS pointer.
std::string read_file(const std::filesystem::path& path);

}  // namespace rpp
