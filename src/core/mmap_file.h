// The bytes of a file, mapped read-only into memory, or copied into it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "rpp/file_access.h"

namespace rpp {

class MmapFile {
 public:
  MmapFile() = default;
  // Throws Error naming the path when it cannot be opened, is not a plain file or is a Git LFS pointer. An
  // empty file maps to an empty span.
  explicit MmapFile(const std::filesystem::path& path, FileAccess access = FileAccess::mapped);
  // A copy of bytes that are in memory already.
  explicit MmapFile(std::span<const std::byte> bytes);
  ~MmapFile();
  MmapFile(MmapFile&& other) noexcept;
  MmapFile& operator=(MmapFile&& other) noexcept;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  size_t size() const { return size_; }

 private:
  void take(void* address, size_t size);

  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace rpp
