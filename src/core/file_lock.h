// A lock file that one process at a time holds, so that two processes never write into one directory.
//
// The lock is flock's: the kernel releases it when the process ends, however it ends. A killed process leaves
// a file that nobody has locked.
#pragma once

#include <filesystem>

namespace rpp {

class FileLock {
 public:
  // Creates `file` if missing and locks it. `guarded` is the directory named in messages. Throws Error when
  // another process holds the lock (which one, and what to do) or when the file cannot be created.
  FileLock(std::filesystem::path file, const std::filesystem::path& guarded);
  // Removes the file and releases the lock.
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  // False on a file system without locks: nothing is protected there.
  bool is_held() const { return held_; }

 private:
  std::filesystem::path file_;
  int fd_ = -1;
  bool held_ = false;
};

// Removes a file that no process has locked; keeps one that is locked, or on a file system without locks.
void remove_unlocked(const std::filesystem::path& file);

}  // namespace rpp
