// Lines of a text of any size: a file, a pipe or standard input; plain, .gz or .zst, recognised by the first
// bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/input_name.h"

namespace rpp {

// A pipe, a terminal or standard input: a second reader would find nothing.
bool is_read_once(const std::filesystem::path& path);
// Checks inputs before long work: throws Error as LineReader does for the first one that is missing or in an
// unsupported format, and UsageError for a pipe or standard input named twice. Pipes are not opened here.
void check_readable(std::span<const std::filesystem::path> inputs);
class InputBytes;

// A longer line is refused, so that memory stays bounded whatever a compressed file expands to.
inline constexpr size_t kMaxLineBytes = size_t{1} << 28;

class LineReader {
 public:
  // Opens the input, which can be read once; "-" is standard input. Throws Error naming the path when it is
  // missing or not readable, compressed by anything but gzip and zstd, or UTF-16.
  explicit LineReader(const std::filesystem::path& path, size_t max_line_bytes = kMaxLineBytes);
  ~LineReader();
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;

  // The next line without its end ("\n" or "\r\n"); false at the end. Throws Error on a damaged or truncated
  // stream, and with file and line for a line of more than max_line_bytes.
  bool next(std::string& line);
  // The same without a copy: valid until the next call; nothing at the end of the input.
  std::optional<std::string_view> next();
  // `act` is called before a read that has to wait for another program, such as the writer of a pipe that has
  // written half a line: an interactive user wants the answers to the complete lines now.
  void before_waiting(std::function<void()> act) { before_waiting_ = std::move(act); }
  int64_t line_number() const { return line_number_; }  // of the last line returned, counted from 1

 private:
  bool refill();
  std::string_view join_chunks(size_t& end);
  void check_length(size_t num_bytes) const;

  std::unique_ptr<InputBytes> input_;
  std::function<void()> before_waiting_;
  std::string name_;
  size_t max_line_bytes_;
  std::string buffer_;  // the last chunk read
  std::string joined_;  // a line that spans several chunks
  size_t position_ = 0;
  int64_t line_number_ = 0;
};

}  // namespace rpp
