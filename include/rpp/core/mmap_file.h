// The bytes of a file, mapped read-only into memory, or copied into it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace rpp {

// mapped: whoever writes into the file changes the bytes, and whoever makes it shorter ends the process that
// reads them (SIGBUS). copied: they stay as they were.
enum class FileAccess { mapped, copied };

class MmapFile {
 public:
  MmapFile() = default;
  // Throws Error naming the path when it cannot be opened or is not a plain file. An empty file maps to an
  // empty span.
  explicit MmapFile(const std::filesystem::path& path, FileAccess access = FileAccess::mapped);
  ~MmapFile();
  MmapFile(MmapFile&& other) noexcept;
  MmapFile& operator=(MmapFile&& other) noexcept;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  size_t size() const { return size_; }

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace rpp
