#include "runs/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"

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

TEST_F(Checkpoint, AnIntactCheckpointPassesAndTheLatestIsFound) {
  write(5);
  write(40);
  write(100);
  EXPECT_NO_THROW(verify_checkpoint(checkpoint_path(dir_.path(), 5)));
  EXPECT_EQ(latest_checkpoint(dir_.path())->step, 100);
  EXPECT_EQ(find_resume(dir_.path(), "auto"), checkpoint_path(dir_.path(), 100));
}

TEST_F(Checkpoint, ATruncatedFileIsNamedAndThePreviousCheckpointSuggested) {
  const auto before = write(5);
  const auto path = write(10);
  fs::resize_file(path / "weights", 600);
  EXPECT_EQ(message_of([&] { verify_checkpoint(path); }),
            fmt::format("{0}/weights is truncated: 600 of the 1000 bytes in manifest.json; the one before it "
                        "is {1}: resume from there "
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

TEST_F(Checkpoint, ADirectoryWithoutAManifestIsNotACheckpoint) {
  fs::create_directories(dir_ / "checkpoint-7");
  EXPECT_NE(
      message_of([&] { find_resume(dir_.path(), "auto"); }).find("checkpoint-7/manifest.json is missing"),
      std::string::npos);
}

TEST_F(Checkpoint, PartiallyWrittenCheckpointsAreIgnored) {
  write(10);
  fs::create_directories(dir_ / ".checkpoint-20.0123456789abcdef.tmp");
  EXPECT_EQ(latest_checkpoint(dir_.path())->step, 10);
}

TEST_F(Checkpoint, OnlyCheckpointNamesAreCheckpoints) {
  EXPECT_EQ(checkpoint_step("run/checkpoint-0"), 0);
  EXPECT_EQ(checkpoint_step("run/checkpoint-120/"), 120);
  for (const char* name :
       {"checkpoint--5", "checkpoint-007", "checkpoint-+5", "checkpoint-5x", "checkpoint-", "checkpoint- 5",
        "checkpoint-99999999999999999999", "best", ".checkpoint-5.12.tmp"}) {
    EXPECT_EQ(checkpoint_step(name), std::nullopt) << name;
    fs::create_directories(dir_ / name);
  }
  EXPECT_TRUE(list_checkpoints(dir_.path()).empty());
}

TEST_F(Checkpoint, TheRequestedNumberIsKeptAndAtLeastOne) {
  const auto left = [&](int64_t keep_last) {
    for (int64_t step : {1, 2, 3, 10}) write(step);
    remove_old_checkpoints(dir_.path(), keep_last);
    std::vector<int64_t> steps;
    for (const auto& checkpoint : list_checkpoints(dir_.path())) steps.push_back(checkpoint.step);
    return steps;
  };
  using Steps = std::vector<int64_t>;
  EXPECT_EQ(left(5), (Steps{1, 2, 3, 10}));
  EXPECT_EQ(left(4), (Steps{1, 2, 3, 10}));
  EXPECT_EQ(left(3), (Steps{2, 3, 10}));
  EXPECT_EQ(left(2), (Steps{3, 10}));
  EXPECT_EQ(left(1), (Steps{10}));
  EXPECT_EQ(left(0), (Steps{10}));
}

// The error of verify_checkpoint for a checkpoint with this text as manifest.json.
class Manifest : public Checkpoint {
 protected:
  std::string complaint_about(const std::string& manifest) const {
    const auto path = write(10);
    dir_.write("checkpoint-10/manifest.json", manifest);
    std::string message = message_of([&] { verify_checkpoint(path); });
    const size_t prefix = message.find(path.string());
    return prefix == 0 ? message.substr(path.string().size()) : message;
  }
  // The valid manifest, with the first `from` replaced.
  std::string with(const std::string& from, const std::string& to) const {
    std::string text = read_file(write(10) / "manifest.json");
    return text.replace(text.find(from), from.size(), to);
  }
};

TEST_F(Manifest, AnEmptyManifestIsRefused) {
  EXPECT_EQ(complaint_about(R"({"format": "rpp-checkpoint-1", "files": {}})"),
            "/manifest.json is damaged: no list of files; there is no checkpoint before it");
  EXPECT_EQ(complaint_about(R"({"format": "rpp-checkpoint-1"})"),
            "/manifest.json is damaged: no list of files; there is no checkpoint before it");
}

TEST_F(Manifest, AnotherVersionIsRefused) {
  EXPECT_EQ(
      complaint_about(with("rpp-checkpoint-1", "rpp-checkpoint-2")),
      "/manifest.json is damaged or of another version (this program reads rpp-checkpoint-1); there is no "
      "checkpoint before it");
  EXPECT_EQ(
      complaint_about(with("\"rpp-checkpoint-1\"", "1")),
      "/manifest.json is damaged or of another version (this program reads rpp-checkpoint-1); there is no "
      "checkpoint before it");
}

TEST_F(Manifest, AnUnlistedFileIsRefused) {
  const auto path = write(10);
  dir_.write("checkpoint-10/training/mask.safetensors", "planted");
  EXPECT_EQ(message_of([&] { verify_checkpoint(path); }),
            fmt::format("{}/training/mask.safetensors is not in manifest.json: move it away if it is not "
                        "part of the checkpoint; there is no checkpoint before it",
                        path));
}

TEST_F(Manifest, NamesThatLeadOutOfTheDirectoryAreRefused) {
  dir_.write("outside", std::string(1000, 'w'));
  for (const char* name : {"../outside", "/etc/passwd", "", ".", "training/../../outside", "training/",
                           "./weights", "manifest.json"}) {
    EXPECT_EQ(
        complaint_about(with("weights", name)),
        fmt::format("/manifest.json is damaged: '{}' is no file of it; there is no checkpoint before it",
                    name));
  }
}

TEST_F(Manifest, AnEntryWithoutSizeOrHashIsRefused) {
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"1000", "\"x\""},
                                                        {"1000", "-1"},
                                                        {"\"bytes\": 1000", "\"size\": 1000"},
                                                        {"\"sha256\"", "\"md5\""}}) {
    const std::string message = complaint_about(with(from, to));
    EXPECT_NE(message.find("/manifest.json is damaged: no bytes and sha256 of '"), std::string::npos)
        << message;
  }
}

TEST_F(Manifest, AFileThatHasGrownIsDamaged) {
  const auto path = write(10);
  dir_.write("checkpoint-10/weights", std::string(1001, 'w'));
  EXPECT_NE(
      message_of([&] { verify_checkpoint(path); }).find("weights is damaged: its hash is not the one in"),
      std::string::npos);
}

TEST_F(Checkpoint, ANamedDirectoryWithoutACheckpointIsAnErrorAndAutoStartsFresh) {
  EXPECT_EQ(find_resume(dir_.path(), "auto"), std::nullopt);
  EXPECT_EQ(message_of([&] { find_resume(dir_.path(), dir_.path().string()); }),
            fmt::format("--resume {}: no checkpoint there (a directory with manifest.json)", dir_.path()));
}

TEST_F(Checkpoint, OnAFullDiskTheOldCheckpointStaysIntact) {
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
