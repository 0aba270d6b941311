// What a process killed while writing a file or a directory leaves behind, and how the next one recovers.
#include "core/atomic_file.h"

#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <functional>

#include "core/replace_directory.h"
#include "message_of.h"
#include "rpp/error.h"

namespace {

int exchange_error = 0;  // errno of the next exchanges; 0: they succeed
const std::function<void()>* before_each_removal = nullptr;

}  // namespace

// Replaces the C library's function: every file system on the test machine supports the call.
extern "C" int renameat2(int old_directory, const char* old_path, int new_directory, const char* new_path,
                         unsigned int flags) noexcept {
  if (exchange_error == 0)
    return static_cast<int>(
        ::syscall(SYS_renameat2, old_directory, old_path, new_directory, new_path, flags));
  errno = exchange_error;
  return -1;
}

// What std::filesystem::remove_all calls for each file.
extern "C" int unlinkat(int directory, const char* path, int flags) noexcept {
  if (before_each_removal != nullptr) (*before_each_removal)();
  return static_cast<int>(::syscall(SYS_unlinkat, directory, path, flags));
}

namespace rpp {
namespace {

namespace fs = std::filesystem;

struct FailingExchange {
  explicit FailingExchange(int code) { exchange_error = code; }
  ~FailingExchange() { exchange_error = 0; }
};

class AtomicFileTest : public testing::Test {
 protected:
  AtomicFileTest() { fs::create_directories(dir_); }
  ~AtomicFileTest() override { fs::remove_all(dir_); }

  // A directory with a file `step` that contains this text.
  fs::path directory(const std::string& name, const std::string& text) const {
    fs::create_directories(dir_ / name);
    write_file_atomically(dir_ / name / "step", text);
    return dir_ / name;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(dir_)) found.push_back(entry.path().filename());
    std::ranges::sort(found);
    return found;
  }
  // Runs `body` in a child process, which may be killed.
  template <typename Body>
  void kill_in(const Body& body) const {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      body([&] {
        [[maybe_unused]] const auto written = ::write(ready[1], "x", 1);
        ::pause();
      });
      ::_exit(0);
    }
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
  }

  const fs::path dir_ =
      fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
};

using Names = std::vector<std::string>;

TEST_F(AtomicFileTest, AFileIsReadToItsEndAndAReadErrorIsReported) {
  for (const size_t size : {size_t{0}, size_t{1}, (size_t{1} << 16) - 1, size_t{1} << 16, size_t{200'003}}) {
    std::string text(size, 'x');
    if (size > 0) text.back() = '\0';
    write_file_atomically(dir_ / "a", text);
    EXPECT_EQ(read_file(dir_ / "a"), text) << size;
  }
  EXPECT_NE(read_file("/proc/self/status").find("VmRSS:"), std::string::npos);  // /proc files have no size
  EXPECT_EQ(message_of([] { read_file("/proc/self/mem"); }),
            "cannot read /proc/self/mem: Input/output error");
  EXPECT_EQ(message_of([&] { read_file(dir_); }), fmt::format("cannot read {}: Is a directory", dir_));
  EXPECT_EQ(message_of([&] { read_file(dir_ / "absent"); }),
            fmt::format("cannot open {}: No such file or directory", dir_ / "absent"));
}

TEST_F(AtomicFileTest, ASymlinkAtTheTemporaryNameIsNotFollowed) {
  write_file_atomically(dir_ / "precious", "text");
  fs::create_symlink(dir_ / "precious", dir_ / fmt::format(".a.{}.tmp", ::getpid()));
  write_file_atomically(dir_ / "a", "new");
  EXPECT_EQ(read_file(dir_ / "precious"), "text");
  EXPECT_EQ(read_file(dir_ / "a"), "new");
}

TEST_F(AtomicFileTest, TemporaryFilesOfAKilledWriterAreRemovedByTheNext) {
  kill_in([&](const auto& wait) {
    AtomicFile file(dir_ / "a");
    file.write("half");
    wait();
  });
  EXPECT_EQ(names().size(), 1U);
  write_file_atomically(dir_ / "b", "other");
  EXPECT_EQ(names().size(), 2U);  // leftovers of another file are kept
  write_file_atomically(dir_ / "a", "new");
  EXPECT_EQ(names(), (Names{"a", "b"}));
}

TEST_F(AtomicFileTest, TwoWritersOfOneFileDoNotInterfere) {
  AtomicFile first(dir_ / "a"), second(dir_ / "a");
  first.write("first");
  second.write("second");
  second.commit();
  EXPECT_EQ(read_file(dir_ / "a"), "second");
  first.commit();
  EXPECT_EQ(read_file(dir_ / "a"), "first");
  EXPECT_EQ(names(), (Names{"a"}));
}

TEST_F(AtomicFileTest, ADirectoryIsReplacedAtomicallyWithoutLeftovers) {
  const auto target = directory("best", "1");
  write_file_atomically(target / "of the old one", "");
  write_directory_atomically(target, [](const fs::path& to) { write_file_atomically(to / "step", "2"); });
  EXPECT_EQ(read_file(target / "step"), "2");
  EXPECT_FALSE(fs::exists(target / "of the old one"));
  EXPECT_EQ(names(), (Names{"best"}));
}

TEST_F(AtomicFileTest, TemporaryDirectoriesOfKilledWritersAreRemovedByTheNext) {
  kill_in([&](const auto& wait) {
    write_directory_atomically(dir_ / "best", [&](const fs::path& to) {
      write_file_atomically(to / "step", "half");
      wait();
    });
  });
  directory(fmt::format(".best.{}.tmp", ::getpid()), "half");
  directory(fmt::format(".best.{}.old", ::getpid()), "1");  // process ids repeat in containers
  write_directory_atomically(dir_ / "best",
                             [](const fs::path& to) { write_file_atomically(to / "step", "2"); });
  EXPECT_EQ(names(), (Names{"best"}));
  EXPECT_EQ(read_file(dir_ / "best/step"), "2");
}

TEST_F(AtomicFileTest, ADirectoryWhoseRemovalWasKilledIsGone) {
  directory("best", "1");
  kill_in([&](const std::function<void()>& wait) {
    before_each_removal = &wait;
    remove_directory(dir_ / "best");
  });
  EXPECT_FALSE(fs::exists(dir_ / "best"));
  EXPECT_EQ(names().size(), 1);
  finish_interrupted_writes(dir_);
  EXPECT_EQ(names(), Names());
}

TEST_F(AtomicFileTest, ADirectoryIsRemovedWithItsContents) {
  directory("best", "1");
  remove_directory(dir_ / "best");
  remove_directory(dir_ / "best");
  EXPECT_EQ(names(), Names());
}

TEST_F(AtomicFileTest, ADirectoryIsLockedWhileItIsWritten) {
  std::string message;
  write_directory_atomically(dir_ / "shards", [&](const fs::path& to) {
    write_file_atomically(to / "step", "first");
    message = message_of([&] { write_directory_atomically(dir_ / "shards", [](const fs::path&) {}); });
  });
  EXPECT_EQ(message.find(fmt::format("{} is being written by process ", dir_ / "shards")), 0U) << message;
  EXPECT_EQ(read_file(dir_ / "shards/step"), "first");
}

TEST_F(AtomicFileTest, AFileIsNotReplacedByADirectory) {
  write_file_atomically(dir_ / "best", "text");
  EXPECT_EQ(message_of([&] { write_directory_atomically(dir_ / "best", [](const fs::path&) {}); }),
            fmt::format("{} is a file: name a directory", dir_ / "best"));
  EXPECT_EQ(read_file(dir_ / "best"), "text");
}

TEST_F(AtomicFileTest, WithoutDirectoryExchangeThePreviousOneIsMovedAside) {
  const auto target = directory("best", "1"), next = directory("next", "2");
  const fs::path previous = replace_directory(next, target, Exchange::never);
  EXPECT_EQ(read_file(target / "step"), "2");
  EXPECT_EQ(read_file(previous / "step"), "1");
  EXPECT_FALSE(fs::exists(next));
}

TEST_F(AtomicFileTest, OnAFileSystemWithoutExchangeThePreviousOneIsMovedAside) {
  for (const int code : {EINVAL, ENOSYS, ENOTSUP}) {
    const auto target = directory("best", "1"), next = directory("next", "2");
    const FailingExchange failing(code);
    const fs::path previous = replace_directory(next, target);
    EXPECT_EQ(read_file(target / "step"), "2") << code;
    EXPECT_EQ(read_file(previous / "step"), "1") << code;
    EXPECT_FALSE(fs::exists(next)) << code;
  }
}

TEST_F(AtomicFileTest, AFailedExchangeChangesNothing) {
  const auto target = directory("best", "1"), next = directory("next", "2");
  const FailingExchange failing(EACCES);
  EXPECT_THROW(replace_directory(next, target), fs::filesystem_error);
  EXPECT_EQ(read_file(target / "step"), "1");
  EXPECT_EQ(read_file(next / "step"), "2");
}

TEST_F(AtomicFileTest, TheDirectoryExistsThroughoutAnExchange) {
  const auto target = directory("best", "1"), next = directory("next", "2");
  EXPECT_EQ(replace_directory(next, target), next);  // one call swaps the two names
  EXPECT_EQ(read_file(target / "step"), "2");
  EXPECT_EQ(read_file(next / "step"), "1");
}

TEST_F(AtomicFileTest, ADirectoryMovedAsideByADeadProcessIsRestored) {
  directory(".best.0123456789abcdef.old", "1");
  directory(".best.fedcba9876543210.tmp", "2");
  finish_interrupted_writes(dir_);
  EXPECT_EQ(names(), (Names{"best"}));
  EXPECT_EQ(read_file(dir_ / "best/step"), "1");
}

TEST_F(AtomicFileTest, TheNewestOfSeveralDirectoriesMovedAsideIsRestored) {
  const auto now = fs::file_time_type::clock::now();
  for (const auto& [random, minutes] :
       {std::pair{"1111111111111111", 3}, {"2222222222222222", 1}, {"3333333333333333", 2}}) {
    const auto previous = directory(fmt::format(".best.{}.old", random), std::to_string(minutes));
    fs::last_write_time(previous, now - std::chrono::minutes(minutes));
  }
  finish_interrupted_writes(dir_);
  EXPECT_EQ(names(), (Names{"best"}));
  EXPECT_EQ(read_file(dir_ / "best/step"), "1");
}

TEST_F(AtomicFileTest, LeftoversAreRemovedAndUserFilesAreKept) {
  directory(".checkpoint-20.0123456789abcdef.tmp", "half");
  directory("best", "2");
  directory(".best.0123456789abcdef.old", "1");
  write_file_atomically(dir_ / ".checkpoint-20.lock", "process 123 on a machine\n");
  write_file_atomically(dir_ / ".notes.lock", "mine");
  write_file_atomically(dir_ / ".notes.tmp", "mine");
  write_file_atomically(dir_ / ".notes.cafe.tmp", "mine");
  write_file_atomically(dir_ / "plan.0123456789abcdef.tmp", "mine");
  finish_interrupted_writes(dir_);
  EXPECT_EQ(names(),
            (Names{".notes.cafe.tmp", ".notes.lock", ".notes.tmp", "best", "plan.0123456789abcdef.tmp"}));
  EXPECT_EQ(read_file(dir_ / "best/step"), "2");
}

TEST_F(AtomicFileTest, TemporaryFilesOfALivingProcessAreKept) {
  AtomicFile file(dir_ / "model.rpp");
  file.write("half");
  write_directory_atomically(dir_ / "shards", [&](const fs::path& to) {
    write_file_atomically(to / "step", "1");
    finish_interrupted_writes(dir_);
    EXPECT_TRUE(fs::exists(to / "step"));
  });
  file.commit();
  EXPECT_EQ(names(), (Names{"model.rpp", "shards"}));
}

}  // namespace
}  // namespace rpp
