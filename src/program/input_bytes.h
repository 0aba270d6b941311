// The bytes of a file, a pipe or standard input, decompressed. Each is opened once and read once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

namespace rpp {

class InputBytes {
 public:
  virtual ~InputBytes() = default;
  // Fills `out` with at most `capacity` bytes, fewer if no more are available yet; 0 at the end. Throws Error
  // that names the input when it cannot be read, is damaged or ends too early.
  virtual size_t read(char* out, size_t capacity) = 0;
  // Whether no bytes are available, so that the next read may wait for another program.
  virtual bool would_wait() const = 0;
};

// "-" is standard input. gzip (all members) and zstd (all frames) are recognised by their first bytes. Throws
// Error for an input that cannot be opened, a directory, another compression and UTF-16, each with its own
// message; and for a .gz or .zst that has another format.
std::unique_ptr<InputBytes> open_input(const std::filesystem::path& path);

}  // namespace rpp
