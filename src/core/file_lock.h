// A file that one process at a time holds, so that two of them never write into one directory.
//
// The lock is flock's: the kernel releases it when its process ends, however it ends. What a killed process
// leaves is a file that nobody holds.
#pragma once

#include <filesystem>

namespace rpp {

class FileLock {
 public:
  // Makes `file` where it is missing and holds it. `guarded` is the directory that the message names. Throws
  // Error when another process holds it (which one, and what to do) or when it cannot be made.
  FileLock(std::filesystem::path file, const std::filesystem::path& guarded);
  // Removes the file and releases it.
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  // False on a file system that has no locks: nothing is guarded there.
  bool is_held() const { return held_; }

 private:
  std::filesystem::path file_;
  int fd_ = -1;
  bool held_ = false;
};

// Removes a file that no process has locked; one that is locked, or lies on a file system without locks,
// stays.
void remove_unlocked(const std::filesystem::path& file);

}  // namespace rpp
