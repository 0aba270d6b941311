// Files and directories that appear whole or not at all: written beside, fsynced, renamed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace rpp {

// A file written under a temporary name; commit() makes it visible. Without commit() the temporary is
// removed.
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

// Calls fill(temporary directory beside `path`), fsyncs it and what it holds, then renames it to `path`. A
// directory that is already at `path` is replaced only after the new one is complete. On an exception nothing
// changes at `path`.
void write_directory_atomically(const std::filesystem::path& path,
                                const std::function<void(const std::filesystem::path&)>& fill);

// The whole file as a string; throws Error naming the path.
std::string read_file(const std::filesystem::path& path);

}  // namespace rpp
