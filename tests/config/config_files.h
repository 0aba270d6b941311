// Writes a configuration file for a test and returns the error message from loading it.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "config/load.h"
#include "core/atomic_file.h"
#include "rpp/error.h"

namespace rpp {

class ConfigFiles : public testing::Test {
 protected:
  ConfigFiles() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    directory_ = std::filesystem::temp_directory_path() /
                 fmt::format("rpp_config_{}_{}_{}", test->test_suite_name(), test->name(), ::getpid());
    std::filesystem::create_directories(directory_);
  }
  ~ConfigFiles() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path file(const std::string& text) const {
    write_file_atomically(directory_ / "rpp.yaml", text);
    return directory_ / "rpp.yaml";
  }

  // The error message for a pre-training file, with its path shortened to "rpp.yaml".
  std::string pretrain_error(const std::string& text, const std::vector<std::string>& overrides = {}) const {
    return error_of([&] { load_pretrain_config(file(text), overrides); });
  }
  std::string finetune_error(const std::string& text, const std::vector<std::string>& overrides = {}) const {
    return error_of([&] { load_finetune_config(file(text), overrides); });
  }
  std::string model_error(const std::string& text) const {
    return error_of([&] { load_model_config(file(text)); });
  }

  // Only UsageError is caught: any other error would end the program with the wrong status.
  std::string error_of(const std::function<void()>& load) const {
    try {
      load();
    } catch (const UsageError& error) {
      return without_directory(error.what());
    }
    return "no error";
  }

  std::string without_directory(std::string message) const {
    const std::string prefix = directory_.string() + "/";
    for (size_t at = message.find(prefix); at != std::string::npos; at = message.find(prefix)) {
      message.erase(at, prefix.size());
    }
    return message;
  }

  std::filesystem::path directory_;
};

// Six complete lines: whatever a test adds starts at line 7.
inline const std::string kPretrain =
    "model: bert\n"
    "output_dir: out\n"
    "data:\n"
    "  train: shards\n"
    "optimizer:\n"
    "  learning_rate: 1e-4\n";

// Four complete lines.
inline const std::string kFinetune =
    "task: sst2\n"
    "data_dir: glue\n"
    "model: bert\n"
    "output_dir: out\n";

}  // namespace rpp
