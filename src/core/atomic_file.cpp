#include "core/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/lfs_pointer.h"
#include "core/unfinished.h"
#include "leftovers.h"
#include "replace_directory.h"
#include "rpp/error.h"
#include "uninterrupted.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

void fsync_path(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("cannot open {}: {}", path, std::strerror(errno));
  const int result = ::fsync(fd);
  const int reason = errno;
  ::close(fd);
  // Some file systems refuse fsync on directories; their renames are durable without it.
  if (result != 0 && reason != EINVAL) fail("cannot flush {}: {}", path, std::strerror(reason));
}

void fsync_tree(const fs::path& directory) {
  for (const auto& entry : fs::recursive_directory_iterator(directory)) fsync_path(entry.path());
  fsync_path(directory);
}

// Creates and locks a new file: unlocked files count as leftovers. Negative with EEXIST if another process
// took it for a leftover in the meantime.
int create_locked(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return fd;
  const bool is_taken = ::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  struct stat status {};
  if (!is_taken && ::fstat(fd, &status) == 0 && status.st_nlink > 0) return fd;
  ::unlink(path.c_str());
  ::close(fd);
  errno = EEXIST;
  return -1;
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  remove_file_leftovers(path_);
  do {
    temporary_ = random_sibling(path_, ".tmp");
    note_unfinished(temporary_);
    fd_ = create_locked(temporary_);
    if (fd_ >= 0) return;
    const int reason = errno;
    forget_unfinished(temporary_);
    errno = reason;
  } while (errno == EEXIST);
  fail("cannot write {}: {}", path_, std::strerror(errno));
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::unlink(temporary_.c_str());
  ::close(fd_);
  forget_unfinished(temporary_);
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = uninterrupted([&] { return ::write(fd_, bytes.data(), bytes.size()); });
    if (written < 0) fail("cannot write {}: {}", path_, std::strerror(errno));
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text.data(), text.size())));
}

void AtomicFile::commit() {
  if (::fsync(fd_) != 0) fail("cannot write {}: {}", path_, std::strerror(errno));
  int reason = 0;
  publish_unfinished(temporary_, [&] {
    if (::rename(temporary_.c_str(), path_.c_str()) == 0) return;
    reason = errno;
    ::unlink(temporary_.c_str());
  });
  ::close(fd_);
  fd_ = -1;
  if (reason != 0) fail("cannot write {}: {}", path_, std::strerror(reason));
  fsync_path(parent_of(path_));
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

TemporaryDirectory::TemporaryDirectory(const fs::path& path)
    : lock_(lock_beside(path), path), path_(random_sibling(path, ".tmp")) {
  remove_directory_leftovers(path);
  note_unfinished(path_);
  std::error_code error;
  if (fs::create_directory(path_, error)) return;
  forget_unfinished(path_);
  fail("cannot write {}: {}", path, error.message());
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  forget_unfinished(path_);
}

void write_directory_atomically(const fs::path& path, const std::function<void(const fs::path&)>& fill) {
  if (fs::exists(path) && !fs::is_directory(path)) fail("{} is a file: name a directory", path);
  try {
    fs::create_directories(parent_of(path));
    const TemporaryDirectory temporary(path);
    fill(temporary.path());
    fsync_tree(temporary.path());
    fs::path previous;
    publish_unfinished(temporary.path(), [&] { previous = replace_directory(temporary.path(), path); });
    if (!previous.empty()) note_unfinished(previous);
    fsync_path(parent_of(path));
    std::error_code ignored;
    fs::remove_all(previous, ignored);
    forget_unfinished(previous);
  } catch (const fs::filesystem_error& error) {
    fail("cannot write {}: {}", path, error.code().message());
  }
}

void remove_directory(const fs::path& path) {
  const fs::path renamed = random_sibling(path, ".tmp");
  note_unfinished(renamed);
  std::error_code error;
  fs::rename(path, renamed, error);
  if (!error) fs::remove_all(renamed, error);
  forget_unfinished(renamed);
  if (error && error != std::errc::no_such_file_or_directory) {
    fail("cannot remove {}: {}", path, error.message());
  }
}

std::string read_file(const fs::path& path) {
  constexpr size_t kChunkBytes = size_t{1} << 16;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("cannot open {}: {}", path, std::strerror(errno));
  struct stat status {};
  ::fstat(fd, &status);
  std::string bytes(static_cast<size_t>(status.st_size) + kChunkBytes, '\0');  // a pipe has no size
  size_t end = 0;
  ssize_t count = 0;
  do {
    end += static_cast<size_t>(count);
    bytes.resize(std::max(bytes.size(), end + kChunkBytes));
    count = uninterrupted([&] { return ::read(fd, bytes.data() + end, bytes.size() - end); });
  } while (count > 0);
  const int reason = errno;
  ::close(fd);
  if (count < 0) fail("cannot read {}: {}", path, std::strerror(reason));
  bytes.resize(end);
  refuse_lfs_pointer(path, bytes);
  return bytes;
}

}  // namespace rpp
