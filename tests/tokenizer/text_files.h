// A separate directory for each test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "message_of.h"
#include "rpp/error.h"

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

}  // namespace rpp
