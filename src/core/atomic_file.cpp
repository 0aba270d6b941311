#include "rpp/core/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "rpp/core/error.h"
#include "rpp/core/unfinished.h"

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

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

fs::path sibling(const fs::path& path, std::string_view suffix) {
  fs::path clean = path.has_filename() ? path : path.parent_path();
  return parent_of(clean) / fmt::format(".{}.{}{}", clean.filename().string(), ::getpid(), suffix);
}

void fsync_tree(const fs::path& directory) {
  for (const auto& entry : fs::recursive_directory_iterator(directory)) fsync_path(entry.path());
  fsync_path(directory);
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), temporary_(sibling(path_, ".tmp")) {
  note_unfinished(temporary_);
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ >= 0) return;
  const int reason = errno;
  forget_unfinished(temporary_);
  fail("cannot write {}: {}", path_, std::strerror(reason));
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
  forget_unfinished(temporary_);
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write {}: {}", path_, std::strerror(errno));
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text.data(), text.size())));
}

void AtomicFile::commit() {
  if (::fsync(fd_) != 0) fail("cannot write {}: {}", path_, std::strerror(errno));
  ::close(fd_);
  fd_ = -1;
  int reason = 0;
  publish_unfinished(temporary_, [&] {
    if (::rename(temporary_.c_str(), path_.c_str()) == 0) return;
    reason = errno;
    ::unlink(temporary_.c_str());
  });
  if (reason != 0) fail("cannot write {}: {}", path_, std::strerror(reason));
  fsync_path(parent_of(path_));
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

void write_directory_atomically(const fs::path& path, const std::function<void(const fs::path&)>& fill) {
  const fs::path temporary = sibling(path, ".tmp");
  const fs::path previous = sibling(path, ".old");
  std::error_code ignored;
  const auto give_up = [&] {
    fs::remove_all(temporary, ignored);
    forget_unfinished(temporary);
  };
  give_up();  // what an earlier process of this number left
  note_unfinished(temporary);
  try {
    fs::create_directories(temporary);
    fill(temporary);
    fsync_tree(temporary);
    publish_unfinished(temporary, [&] {
      if (fs::exists(path)) fs::rename(path, previous);
      fs::rename(temporary, path);
    });
  } catch (const fs::filesystem_error& error) {
    give_up();
    fail("cannot write {}: {}", path, error.code().message());
  } catch (...) {
    give_up();
    throw;
  }
  note_unfinished(previous);
  fsync_path(parent_of(path));
  fs::remove_all(previous, ignored);
  forget_unfinished(previous);
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path)) fail("cannot open {}: {}", path, std::strerror(file ? EISDIR : errno));
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace rpp
