#include "core/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/unfinished.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// The last holder removes its file, so the file opened here may no longer be the one at `path`.
bool is_at(const fs::path& path, int fd) {
  struct stat opened {
  }, found{};
  return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &found) == 0 && opened.st_ino == found.st_ino &&
         opened.st_dev == found.st_dev;
}

std::string this_process() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return fmt::format("process {} on {}", ::getpid(), host.data());
}

std::string holder_of(const fs::path& file) {
  std::string holder;
  std::getline(std::ifstream(file), holder);
  return holder.empty() ? "another process" : holder;
}

}  // namespace

FileLock::FileLock(fs::path file, const fs::path& guarded) : file_(std::move(file)) {
  while (true) {
    fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd_ < 0) fail("cannot write {}: {}", file_, std::strerror(errno));
    held_ = ::flock(fd_, LOCK_EX | LOCK_NB) == 0;
    const int reason = errno;
    if (held_ && is_at(file_, fd_)) break;
    if (!held_ && reason != EWOULDBLOCK && reason != EINTR) break;  // a file system without locks
    ::close(fd_);
    if (held_ || reason == EINTR) continue;
    fail("{} is being written by {}: wait until that has ended, or choose another directory", guarded,
         holder_of(file_));
  }
  note_unfinished(file_);
  const std::string holder = this_process() + "\n";
  // Only for the message: the lock works without it.
  if (::ftruncate(fd_, 0) == 0) [[maybe_unused]]
    const auto written = ::write(fd_, holder.data(), holder.size());
}

FileLock::~FileLock() {
  if (held_) ::unlink(file_.c_str());
  ::close(fd_);
  forget_unfinished(file_);
}

void remove_unlocked(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return;
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) ::unlink(file.c_str());
  ::close(fd);
}

}  // namespace rpp
