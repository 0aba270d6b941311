// A line of JSON for each request.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>

#include "serve/http.h"

namespace rpp {

// Without time: {"client": ..., "method": ..., "path": ..., "status": ..., ...}
std::string access_line(const HttpRecord& record);

// Thread-safe; a line is written at once.
class AccessLog {
 public:
  // "-": standard error; "off": nothing is written; else lines are appended to the file. Throws Error if it
  // cannot be opened.
  explicit AccessLog(std::filesystem::path path);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void write(const HttpRecord& record);
  // Opens the file again, which a log rotation may have moved away.
  void reopen();

 private:
  std::filesystem::path path_;
  std::mutex mutex_;
  int fd_ = -1;
};

}  // namespace rpp
