#include "core/file_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "core/atomic_file.h"
#include "message_of.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

class FileLockTest : public testing::Test {
 protected:
  FileLockTest() { fs::create_directories(dir_); }
  ~FileLockTest() override { fs::remove_all(dir_); }
  const fs::path dir_ =
      fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(FileLockTest, ASecondHolderIsRefusedNamingTheDirectoryAndTheProcess) {
  const FileLock first(dir_ / "run.lock", dir_);
  const std::string message = message_of([&] { FileLock(dir_ / "run.lock", dir_); });
  EXPECT_EQ(message.find(fmt::format("{} is being written by process {} on ", dir_, ::getpid())), 0U)
      << message;
  EXPECT_NE(message.find(": wait until that has ended, or choose another directory"), std::string::npos)
      << message;
  EXPECT_TRUE(first.is_held());
  EXPECT_TRUE(fs::exists(dir_ / "run.lock"));
}

TEST_F(FileLockTest, ReleasingTheLockRemovesItsFile) {
  { const FileLock first(dir_ / "run.lock", dir_); }
  EXPECT_TRUE(fs::is_empty(dir_));
  EXPECT_EQ(message_of([&] { FileLock(dir_ / "run.lock", dir_); }), "no error");
}

TEST_F(FileLockTest, AKilledProcessReleasesTheLock) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const FileLock lock(dir_ / "run.lock", dir_);
    [[maybe_unused]] const auto written = ::write(ready[1], "x", 1);
    ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_NE(message_of([&] { FileLock(dir_ / "run.lock", dir_); }).find(fmt::format("process {} ", child)),
            std::string::npos);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(fs::exists(dir_ / "run.lock"));  // the file alone does not hold the lock
  EXPECT_EQ(message_of([&] { FileLock(dir_ / "run.lock", dir_); }), "no error");
}

TEST_F(FileLockTest, ASymlinkInItsPlaceIsNotFollowed) {
  write_file_atomically(dir_ / "precious", "text");
  fs::create_symlink(dir_ / "precious", dir_ / "run.lock");
  EXPECT_NE(message_of([&] { FileLock(dir_ / "run.lock", dir_); }).find("cannot write"), std::string::npos);
  EXPECT_EQ(read_file(dir_ / "precious"), "text");
}

}  // namespace
}  // namespace rpp
