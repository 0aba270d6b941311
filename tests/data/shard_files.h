// A directory with small corpora and the shards made of them.
#pragma once

#include "data/shards.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <thread>

#include "core/atomic_file.h"
#include "core/xxh3.h"
#include "data/fake_tokenizer.h"
#include "program/log.h"

namespace rpp::test {

namespace fs = std::filesystem;

class Shards : public testing::Test {
 protected:
  BuildReport build(const fs::path& input, const std::string& output = "shards",
                    BuildOptions options = {}) const {
    options.inputs = {input};
    options.output_dir = dir_ / output;
    return build_shards(options, tokenizer_);
  }
  ShardSet open(const std::string& name = "shards") const {
    return ShardSet({dir_ / name}, fake_fingerprint());
  }

  const TestDir dir_{testing::UnitTest::GetInstance()->current_test_info()->name()};
  const FakeTokenizer tokenizer_;
};

inline std::vector<int32_t> ids_of(const SentenceIds& sentence) {
  std::vector<int32_t> ids;
  sentence.append_to(ids);
  return ids;
}

inline void expect_contains(const std::string& message, const std::string& part) {
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

inline std::string all_bytes(const fs::path& dir) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(dir)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string bytes;
  for (const auto& file : files) bytes += file.filename().string() + read_file(file);
  return bytes;
}

}  // namespace rpp::test
