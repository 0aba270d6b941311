// A directory of its own for each test, and the message of the Error that an action throws.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

#include "rpp/core/error.h"

namespace rpp {

class TextFiles : public testing::Test {
 protected:
  TextFiles() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    directory_ = std::filesystem::temp_directory_path() / fmt::format("rpp_{}_{}", test->name(), ::getpid());
    std::filesystem::create_directories(directory_);
  }
  ~TextFiles() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path write(std::string_view name, std::string_view text) const {
    std::ofstream(directory_ / name, std::ios::binary) << text;
    return directory_ / name;
  }

  std::filesystem::path directory_;
};

inline std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace rpp
