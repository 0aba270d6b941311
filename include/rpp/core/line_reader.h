// Lines of a text file of any size: plain, .gz or .zst, told apart by their first bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace rpp {

class LineReader {
 public:
  // Throws Error naming the path when the file is missing or not readable.
  explicit LineReader(const std::filesystem::path& path);
  ~LineReader();

  // The next line without its end ("\n" or "\r\n"); false at the end. Throws Error on a damaged or truncated
  // stream.
  bool next(std::string& line);
  int64_t line_number() const { return line_number_; }  // of the line last returned, from 1

 private:
  struct Source;
  std::unique_ptr<Source> source_;
  std::string buffer_;
  size_t position_ = 0;
  int64_t line_number_ = 0;
};

}  // namespace rpp
