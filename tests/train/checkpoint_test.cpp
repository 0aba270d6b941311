#include "rpp/train/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "data/fake_tokenizer.h"
#include "rpp/core/atomic_file.h"

namespace rpp::test {
namespace {

namespace fs = std::filesystem;

class Checkpoint : public testing::Test {
 protected:
  Checkpoint()
      : dir_(fmt::format("checkpoint_{}", testing::UnitTest::GetInstance()->current_test_info()->line())) {}

  fs::path write(int64_t step) const {
    const auto path = checkpoint_path(dir_.path(), step);
    write_checkpoint(path, [&](const fs::path& directory) {
      fs::create_directories(directory / "training");
      write_file_atomically(directory / "weights", std::string(1000, 'w'));
      write_file_atomically(directory / "training" / "state.json", fmt::format("{}", step));
    });
    return path;
  }

  TestDir dir_;
};

TEST_F(Checkpoint, AWholeOnePassesAndTheLatestIsFound) {
  write(5);
  write(40);
  write(100);
  EXPECT_NO_THROW(verify_checkpoint(checkpoint_path(dir_.path(), 5)));
  EXPECT_EQ(latest_checkpoint(dir_.path())->step, 100);
  EXPECT_EQ(find_resume(dir_.path(), "auto"), checkpoint_path(dir_.path(), 100));
}

TEST_F(Checkpoint, ATruncatedFileIsNamedAndTheOneBeforeOffered) {
  const auto before = write(5);
  const auto path = write(10);
  fs::resize_file(path / "weights", 600);
  EXPECT_EQ(
      message_of([&] { verify_checkpoint(path); }),
      fmt::format("{0}/weights is truncated: 600 of 1000 bytes; the one before it is {1}: resume from there "
                  "with --resume {1}",
                  path, before));
}

TEST_F(Checkpoint, AFlippedBitIsFoundInAnyFile) {
  const auto path = write(10);
  dir_.write("checkpoint-10/training/state.json", "11");
  EXPECT_EQ(
      message_of([&] { verify_checkpoint(path); }),
      fmt::format("{}/training/state.json is damaged: its hash is not the one in manifest.json; there is no "
                  "checkpoint before it",
                  path));
}

TEST_F(Checkpoint, AMissingFileIsNamed) {
  const auto path = write(10);
  fs::remove(path / "weights");
  EXPECT_EQ(message_of([&] { verify_checkpoint(path); }),
            fmt::format("{}/weights is missing; there is no checkpoint before it", path));
}

TEST_F(Checkpoint, ADirectoryWithoutManifestIsNoCheckpoint) {
  fs::create_directories(dir_ / "checkpoint-7");
  EXPECT_NE(
      message_of([&] { find_resume(dir_.path(), "auto"); }).find("checkpoint-7/manifest.json is missing"),
      std::string::npos);
}

TEST_F(Checkpoint, WhatAKilledRunLeftHalfWrittenDoesNotCount) {
  write(10);
  fs::create_directories(dir_ / ".checkpoint-20.123.tmp");
  EXPECT_EQ(latest_checkpoint(dir_.path())->step, 10);
  remove_old_checkpoints(dir_.path(), 1);
  EXPECT_FALSE(fs::exists(dir_ / ".checkpoint-20.123.tmp"));
}

TEST_F(Checkpoint, OnlyTheNewestAreKept) {
  for (int64_t step : {1, 2, 3, 10}) write(step);
  remove_old_checkpoints(dir_.path(), 2);
  EXPECT_EQ(list_checkpoints(dir_.path()).size(), 2U);
  EXPECT_EQ(list_checkpoints(dir_.path()).front().step, 3);
}

TEST_F(Checkpoint, ANamedDirectoryWithoutOneIsAnErrorAndAutoStartsAnew) {
  EXPECT_EQ(find_resume(dir_.path(), "auto"), std::nullopt);
  EXPECT_EQ(message_of([&] { find_resume(dir_.path(), dir_.path().string()); }),
            fmt::format("--resume {}: no checkpoint there (a directory with manifest.json)", dir_.path()));
}

TEST_F(Checkpoint, OnAFullDiskTheOldOneStaysWhole) {
  const auto path = write(10);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit tiny{.rlim_cur = 500, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &tiny);
  const std::string message = message_of([&] { write(20); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_NE(message.find("weights: File too large"), std::string::npos) << message;
  EXPECT_NO_THROW(verify_checkpoint(path));
  EXPECT_EQ(latest_checkpoint(dir_.path())->step, 10);
}

}  // namespace
}  // namespace rpp::test
