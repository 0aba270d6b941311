#include "serve/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

#include "rpp/error.h"

namespace rpp {
namespace {

constexpr size_t kLoggedBytes = 200;  // of what a client chose

// "2026-01-31T12:34:56.789Z"
std::string utc_now() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  return fmt::format("{}.{:03}Z", text, ms);
}

int open_log(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) fail("cannot open the access log {}: {}", path, std::strerror(errno));
  return fd;
}

}  // namespace

std::string access_line(const HttpRecord& record) {
  nlohmann::ordered_json line = {{"client", record.client},
                                 {"method", record.method.substr(0, kLoggedBytes)},
                                 {"path", record.path.substr(0, kLoggedBytes)},
                                 {"status", record.status},
                                 {"ms", std::round(record.seconds * 1e6) / 1e3},
                                 {"bytes_in", record.bytes_in},
                                 {"bytes_out", record.bytes_out}};
  if (record.num_texts > 0) line.update({{"texts", record.num_texts}, {"tokens", record.num_tokens}});
  if (!record.error.empty()) line["error"] = record.error;
  return line.dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::ordered_json::error_handler_t::replace);
}

AccessLog::AccessLog(std::filesystem::path path) : path_(std::move(path)) {
  if (path_ == "-") fd_ = STDERR_FILENO;
  if (path_ != "-" && path_ != "off") fd_ = open_log(path_);
}

AccessLog::~AccessLog() {
  if (fd_ > STDERR_FILENO) ::close(fd_);
}

void AccessLog::write(const HttpRecord& record) {
  if (fd_ < 0) return;
  const std::string line = fmt::format("{{\"time\":\"{}\",{}\n", utc_now(), access_line(record).substr(1));
  const std::lock_guard lock(mutex_);
  [[maybe_unused]] const auto written = ::write(fd_, line.data(), line.size());
}

void AccessLog::reopen() {
  if (fd_ <= STDERR_FILENO) return;
  const int fd = open_log(path_);
  const std::lock_guard lock(mutex_);
  ::close(std::exchange(fd_, fd));
}

}  // namespace rpp
