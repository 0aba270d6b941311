// File errors that occur in practice: missing, truncated, full disk, abandoned half way.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>
#include <zstd.h>

#include <csignal>
#include <fstream>

#include "core/atomic_file.h"
#include "core/mmap_file.h"
#include "message_of.h"
#include "program/line_reader.h"
#include "program/sha256.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  Files() { fs::create_directories(dir_); }
  ~Files() override { fs::remove_all(dir_); }
  fs::path write(const std::string& name, std::string_view text) const {
    std::ofstream(dir_ / name, std::ios::binary) << text;
    return dir_ / name;
  }
  const fs::path dir_ =
      fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
};

std::vector<std::string> lines_of(const fs::path& path) {
  LineReader reader(path);
  std::vector<std::string> lines;
  for (std::string line; reader.next(line);) lines.push_back(line);
  return lines;
}

std::string zstd(std::string_view text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

TEST_F(Files, LinesEndWithLfOrCrlfAndTheLastNeedsNone) {
  EXPECT_EQ(lines_of(write("a.txt", "one\r\n\ntwo")), (std::vector<std::string>{"one", "", "two"}));
}

TEST_F(Files, GzipAndZstdLinesEqualPlainOnes) {
  gzFile gz = gzopen((dir_ / "a.gz").c_str(), "wb");
  gzputs(gz, "one\ntwo\n");
  gzclose(gz);
  EXPECT_EQ(lines_of(dir_ / "a.gz"), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(lines_of(write("a.zst", zstd("one\ntwo\n"))), (std::vector<std::string>{"one", "two"}));
}

TEST_F(Files, ATruncatedZstdFileIsAnErrorThatNamesIt) {
  const std::string whole = zstd(std::string(100000, 'a') + "\nlast\n");
  const auto path = write("cut.zst", std::string_view(whole).substr(0, whole.size() / 2));
  EXPECT_EQ(message_of([&] { lines_of(path); }),
            path.string() + " is truncated: the last zstd frame does not end");
}

TEST_F(Files, AMissingFileIsNamedWithTheReason) {
  const auto path = dir_ / "absent";
  EXPECT_EQ(message_of([&] { MmapFile file(path); }),
            "cannot open " + path.string() + ": No such file or directory");
  EXPECT_EQ(message_of([&] { read_file(path); }),
            "cannot open " + path.string() + ": No such file or directory");
  EXPECT_EQ(message_of([&] { lines_of(path); }),
            "cannot open " + path.string() + ": No such file or directory");
}

#ifdef __SANITIZE_ADDRESS__
TEST_F(Files, TheSanitizerCatchesReadsPastAMappedFile) {
  write_file_atomically(dir_ / "a", "abc");
  const MmapFile file(dir_ / "a");
  EXPECT_EQ(file.text()[2], 'c');
  EXPECT_DEATH(::exit(file.text().data()[3]), "use-after-poison");
}
#endif

TEST_F(Files, AnUncommittedFileLeavesNothingBehind) {
  { AtomicFile(dir_ / "a").write("half"); }
  EXPECT_TRUE(fs::is_empty(dir_));
}

TEST_F(Files, OnAFullDiskTheOldFileStaysIntact) {
  write_file_atomically(dir_ / "a", "old");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit tiny{.rlim_cur = 1000, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tiny);
  const std::string message = message_of([&] { write_file_atomically(dir_ / "a", std::string(5000, 'x')); });
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(message, "cannot write " + (dir_ / "a").string() + ": File too large");
  EXPECT_EQ(read_file(dir_ / "a"), "old");
}

TEST_F(Files, AFailedDirectoryWriteKeepsThePreviousOne) {
  const auto target = dir_ / "checkpoint";
  write_directory_atomically(target, [](const fs::path& to) { write_file_atomically(to / "step", "1"); });
  const auto failing = [](const fs::path& to) {
    write_file_atomically(to / "step", "2");
    fail("stopped half way");
  };
  EXPECT_EQ(message_of([&] { write_directory_atomically(target, failing); }), "stopped half way");
  EXPECT_EQ(read_file(target / "step"), "1");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_), {}), 1);
}

TEST(Hash, Sha256MatchesThePublishedVector) {  // FIPS 180-2, appendix B.1
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace rpp
