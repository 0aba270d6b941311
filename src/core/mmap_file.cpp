#include "core/mmap_file.h"

#include <fcntl.h>
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "core/lfs_pointer.h"
#include "core/parallel_for.h"
#include "rpp/error.h"
#include "uninterrupted.h"

namespace rpp {
namespace {

// A mapping extends to the end of its last page. Under the address sanitizer these macros make reading past
// the file an error; without it they do nothing.
size_t bytes_behind(size_t size) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return (page - size % page) % page;
}

struct OpenFile {
  int fd;
  ~OpenFile() { ::close(fd); }
};

void read_at(int fd, const std::filesystem::path& path, size_t offset, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count =
        uninterrupted([&] { return ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (count < 0) fail("cannot read {}: {}", path, std::strerror(errno));
    if (count == 0) fail("{} became shorter while it was read: try again", path);
    offset += static_cast<size_t>(count);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

// With several threads: two thirds of the time are page faults.
void read_all(int fd, const std::filesystem::path& path, std::span<std::byte> bytes) {
  constexpr size_t kBlockBytes = size_t{4} << 20;
  const auto num_blocks = static_cast<int64_t>((bytes.size() + kBlockBytes - 1) / kBlockBytes);
  parallel_for(num_blocks, 0, [&](int64_t begin, int64_t end) {
    const size_t first = static_cast<size_t>(begin) * kBlockBytes;
    const size_t last = std::min(static_cast<size_t>(end) * kBlockBytes, bytes.size());
    read_at(fd, path, first, bytes.subspan(first, last - first));
  });
}

void* anonymous_memory(size_t size) {
  return ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

}  // namespace

MmapFile::MmapFile(const std::filesystem::path& path, FileAccess access) : MmapFile() {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("cannot open {}: {}", path, std::strerror(errno));
  const OpenFile file{fd};
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) fail("cannot read {}: not a plain file", path);
  const auto size = static_cast<size_t>(info.st_size);
  if (size == 0) return;
  const bool copied = access == FileAccess::copied;
  void* address = copied ? anonymous_memory(size) : ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED) fail("cannot map {}: {}", path, std::strerror(errno));
  take(address, size);
  if (copied) read_all(fd, path, {static_cast<std::byte*>(address), size});
  refuse_lfs_pointer(path, text());
}

MmapFile::MmapFile(std::span<const std::byte> bytes) : MmapFile() {
  if (bytes.empty()) return;
  void* address = anonymous_memory(bytes.size());
  if (address == MAP_FAILED) throw std::bad_alloc();
  std::memcpy(address, bytes.data(), bytes.size());
  take(address, bytes.size());
}

void MmapFile::take(void* address, size_t size) {
  size_ = size;
  data_ = static_cast<const std::byte*>(address);
  ASAN_POISON_MEMORY_REGION(data_ + size_, bytes_behind(size_));
}

MmapFile::~MmapFile() {
  if (data_ == nullptr) return;
  ASAN_UNPOISON_MEMORY_REGION(data_ + size_, bytes_behind(size_));
  ::munmap(const_cast<std::byte*>(data_), size_);
}

MmapFile::MmapFile(MmapFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MmapFile& MmapFile::operator=(MmapFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace rpp
