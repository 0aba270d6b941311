// The one error type, for everything that a user or a file can cause.
//
// A message says what is wrong, where, and what to do about it. Programmer errors are assert().
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

// Paths appear in messages as typed, without quotes.
template <>
struct fmt::formatter<std::filesystem::path> : fmt::formatter<std::string> {
  template <typename Context>
  auto format(const std::filesystem::path& path, Context& context) const {
    return fmt::formatter<std::string>::format(path.string(), context);
  }
};

namespace rpp {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Usage or configuration: the program exits with 2 instead of 1.
class UsageError : public Error {
 public:
  using Error::Error;
};

template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
[[noreturn]] void fail_usage(fmt::format_string<Args...> format, Args&&... args) {
  throw UsageError(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace rpp

#define RPP_CHECK(condition, ...)               \
  do {                                          \
    if (!(condition)) ::rpp::fail(__VA_ARGS__); \
  } while (false)
