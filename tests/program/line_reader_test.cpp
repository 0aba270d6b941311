// Realistic inputs: pipes, all compressions, truncated files, very long lines.
#include "program/line_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <chrono>
#include <fstream>
#include <future>
#include <thread>
#include <vector>

#include "message_of.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using Lines = std::vector<std::string>;

class TheLineReader : public testing::Test {
 protected:
  TheLineReader() { fs::create_directories(dir_); }
  ~TheLineReader() override { fs::remove_all(dir_); }

  fs::path write(const std::string& name, std::string_view bytes) const {
    std::ofstream(dir_ / name, std::ios::binary) << bytes;
    return dir_ / name;
  }

  const fs::path dir_ =
      fs::temp_directory_path() /
      fmt::format("rpp_{}_{}", testing::UnitTest::GetInstance()->current_test_info()->name(), ::getpid());
};

Lines lines_of(const fs::path& path) {
  LineReader reader(path);
  Lines lines;
  for (std::string line; reader.next(line);) lines.push_back(line);
  return lines;
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

// Many chunks of distinct lines.
std::string long_text() {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += fmt::format("line {} {}\n", i, i * 7919 % 10007);
  return text;
}

Lines split(const std::string& text) {
  Lines lines;
  for (size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
    lines.push_back(text.substr(begin, text.find('\n', begin) - begin));
  }
  return lines;
}

TEST_F(TheLineReader, ReadsAPipeFromItsFirstByte) {
  const std::string text = long_text();
  for (const std::string& bytes : {text, gzip(text), zstd(text)}) {
    const fs::path pipe = dir_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::jthread writer([&] { std::ofstream(pipe, std::ios::binary) << bytes; });
    EXPECT_EQ(lines_of(pipe), split(text));
    writer.join();
    fs::remove(pipe);
  }
}

TEST_F(TheLineReader, GivesTheFirstLineOfAPipeBeforeTheSecondIsWritten) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "a\n", 2), 2);
  LineReader reader(fmt::format("/dev/fd/{}", ends[0]));
  std::string line;
  EXPECT_TRUE(reader.next(line));
  EXPECT_EQ(line, "a");
  ::close(ends[1]);
  EXPECT_FALSE(reader.next(line));
  ::close(ends[0]);
}

// What a program that keeps writing to a pipe has flushed so far.
std::string flushed_gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()) + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_SYNC_FLUSH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string flushed_zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_inBuffer input{text.data(), text.size(), 0};
  ZSTD_outBuffer output{packed.data(), packed.size(), 0};
  ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush);
  ZSTD_freeCCtx(context);
  packed.resize(output.pos);
  return packed;
}

TEST_F(TheLineReader, DecompressesAllAvailableInputBeforeWaitingForMore) {
  std::string text;
  for (int i = 0; i < 300000; ++i) text += "a\n";
  for (const std::string& packed : {flushed_gzip(text), flushed_zstd(text)}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::write(ends[1], packed.data(), packed.size()), static_cast<ssize_t>(packed.size()));
    std::promise<void> all_read;
    bool was_in_time = false;
    std::jthread writer([&, read = all_read.get_future()] {
      was_in_time = read.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
      ::close(ends[1]);
    });
    LineReader reader(fmt::format("/dev/fd/{}", ends[0]));
    for (int i = 0; i < 300000; ++i) ASSERT_TRUE(reader.next());
    all_read.set_value();
    writer.join();
    EXPECT_TRUE(was_in_time);
    ::close(ends[0]);
  }
}

TEST_F(TheLineReader, AcceptsAMinusForStandardInput) {
  const int before = ::dup(STDIN_FILENO);
  ASSERT_NE(std::freopen(write("in", "one\ntwo").c_str(), "r", stdin), nullptr);
  EXPECT_EQ(lines_of("-"), (Lines{"one", "two"}));
  EXPECT_EQ(input_name("-"), "standard input");
  EXPECT_EQ(input_name("./-"), "./-");
  EXPECT_EQ(::fcntl(STDIN_FILENO, F_GETFD) & ~FD_CLOEXEC, 0);  // this descriptor must not be closed
  ::dup2(before, STDIN_FILENO);
  ::close(before);
}

TEST_F(TheLineReader, ReadsAllMembersOfAGzipFileAndAllFramesOfAZstdFile) {
  EXPECT_EQ(lines_of(write("a.gz", gzip("one\nt") + gzip("") + gzip("wo\n"))), (Lines{"one", "two"}));
  EXPECT_EQ(lines_of(write("a.zst", zstd("one\nt") + zstd("wo\n"))), (Lines{"one", "two"}));
  const std::string skippable = "\x50\x2a\x4d\x18\x04\0\0\0abcd"s;  // pzstd starts files like this
  EXPECT_EQ(lines_of(write("b.zst", skippable + zstd("one\n"))), (Lines{"one"}));
  EXPECT_EQ(lines_of(write("b.gz", gzip("one\n") + std::string(3, '\0'))), (Lines{"one"}));  // padding
}

TEST_F(TheLineReader, DecompressesTextMuchLargerThanItsFile) {
  const std::string text = std::string(5'000'000, 'a') + "\nlast\n";
  EXPECT_EQ(lines_of(write("a.gz", gzip(text))), split(text));
  EXPECT_EQ(lines_of(write("a.zst", zstd(text))), split(text));
}

// Block sizes around the size of the decompressor's output buffer.
TEST_F(TheLineReader, DecompressesTextOfAnyLength) {
  constexpr size_t kBlock = 1 << 17;
  for (const size_t blocks : {1, 2, 3, 4, 5}) {
    for (const size_t size :
         {blocks * kBlock - 1, blocks * kBlock, blocks * kBlock + 1, blocks * kBlock + 70000}) {
      const Lines line = {std::string(size, 'a')};
      EXPECT_EQ(lines_of(write("a.gz", gzip(line[0]))), line) << size;
      EXPECT_EQ(lines_of(write("a.zst", zstd(line[0]))), line) << size;
    }
  }
}

// As "zstd --long=28" writes: the window is larger than decompressors allow by default.
TEST_F(TheLineReader, ReadsAZstdFrameWithALargeWindow) {
  const std::string text = "one\ntwo\n";
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1);
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 28);
  ZSTD_inBuffer input{text.data(), text.size(), 0};
  ZSTD_outBuffer output{packed.data(), packed.size(), 0};
  ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush);  // the frame header has no content size
  EXPECT_EQ(ZSTD_compressStream2(context, &output, &input, ZSTD_e_end), 0U);
  ZSTD_freeCCtx(context);
  packed.resize(output.pos);
  EXPECT_EQ(lines_of(write("a.zst", packed)), (Lines{"one", "two"}));
}

TEST_F(TheLineReader, RefusesATruncatedFileWhereverItIsCut) {
  const std::string text = "one\ntwo\nthree\n" + std::string(300000, 'x') + "\n";
  for (const auto& [name, whole] : {std::pair{"cut.gz"s, gzip(text)}, {"cut.zst"s, zstd(text)}}) {
    for (const size_t kept : {whole.size() - 1, whole.size() - 4, whole.size() / 2, size_t{12}}) {
      const auto path = write(name, std::string_view(whole).substr(0, kept));
      EXPECT_NE(message_of([&] { lines_of(path); }).find(path.string() + " is truncated: the last"),
                std::string::npos)
          << name << " " << kept << " of " << whole.size();
    }
    for (const size_t kept : {0, 1}) {
      const auto path = write(name, std::string_view(whole).substr(0, kept));
      EXPECT_NE(message_of([&] { lines_of(path); }).find("as its name says: copy it again"),
                std::string::npos);
    }
  }
  const auto two = write("two.gz", gzip("one\n") + gzip(text).substr(0, 40));
  EXPECT_EQ(message_of([&] { lines_of(two); }),
            two.string() + " is truncated: the last gzip member does not end");
}

TEST_F(TheLineReader, RefusesDamagedFilesAndTrailingBytes) {
  std::string flipped = gzip(long_text());
  flipped[flipped.size() / 2] ^= 4;
  const auto damaged = write("a.gz", flipped), appended = write("b.gz", gzip("one\n") + "text\n");
  EXPECT_NE(message_of([&] { lines_of(damaged); }).find(damaged.string() + " is damaged: "),
            std::string::npos);
  EXPECT_EQ(message_of([&] { lines_of(appended); }),
            appended.string() + " is damaged: bytes behind the last gzip member");
  const auto after_padding = write("c.gz", gzip("one\n") + std::string(3, '\0') + gzip("two\n"));
  EXPECT_EQ(message_of([&] { lines_of(after_padding); }),
            after_padding.string() + " is damaged: bytes behind the last gzip member");
}

TEST_F(TheLineReader, NamesUnsupportedCompressions) {
  const std::pair<std::string, std::string> forms[] = {
      {"\xfd\x37zXZ\0\0\x04"s, "compressed with xz"},
      {"BZh91AY&SY\x12\x34"s, "compressed with bzip2"},
      {"BZh1\x17rE8P\x90"s, "compressed with bzip2"},
      {"PK\x03\x04\x14"s, "a zip archive"},
      {"\x04\x22\x4d\x18\x64"s, "compressed with lz4"},
      {"7z\xbc\xaf\x27\x1c\0"s, "a 7z archive"},
      {"\x1f\x9d\x90"s, "compressed with compress"},
      {"\xff\xfeh\0i\0"s, "UTF-16"},
      {"\xfe\xff\0h\0i"s, "UTF-16"},
      {"h\0i\0\n\0"s, "UTF-16, or no text"},
      {"\0h\0i"s, "UTF-16, or no text"},
  };
  for (const auto& [bytes, name] : forms) {
    const auto path = write("input.txt", bytes);
    EXPECT_NE(message_of([&] {
                lines_of(path);
              }).find(path.string() + " is " + name + ", which is not supported: "),
              std::string::npos)
        << name;
  }
  EXPECT_EQ(lines_of(write("text", "BZh is no bzip2\nPK\n")), (Lines{"BZh is no bzip2", "PK"}));
}

TEST_F(TheLineReader, NamesATarArchiveInsideAnyCompression) {
  std::string archive(512, '\0');
  archive.replace(0, 5, "a.txt").replace(257, 5, "ustar");
  for (const std::string& bytes : {archive, gzip(archive)}) {
    const auto path = write("a", bytes);
    EXPECT_NE(message_of([&] { lines_of(path); }).find(path.string() + " is a tar archive"),
              std::string::npos);
  }
}

TEST_F(TheLineReader, ADirectoryIsRefusedAsADirectory) {
  EXPECT_EQ(message_of([&] { LineReader{dir_}; }), "cannot read " + dir_.string() + ": it is a directory");
}

TEST_F(TheLineReader, ALineMayHaveTheMaximumLengthAndNoMore) {
  const auto path = write("a.gz", gzip("ab\nabcd\nabcde\n"));
  LineReader reader(path, 4);
  std::string line;
  EXPECT_TRUE(reader.next(line));
  EXPECT_TRUE(reader.next(line));
  EXPECT_EQ(line, "abcd");
  EXPECT_EQ(
      message_of([&] { reader.next(line); }),
      path.string() + ":3: a line of more than 4 bytes: is it text, with a line end after each sentence?");
}

TEST_F(TheLineReader, TheMaximumLineLengthIsWithinTheTokenizersLimit) {
  EXPECT_LT(kMaxLineBytes, size_t{1} << 32);  // offsets into a text have 32 bits
  EXPECT_GE(kMaxLineBytes, size_t{1} << 26);  // a whole data set can be one line
  const auto bomb = write("bomb.zst", zstd(std::string(5'000'000, 'a')));
  LineReader reader(bomb, 1 << 20);
  std::string line;
  EXPECT_NE(message_of([&] { reader.next(line); }).find("bomb.zst:1: a line of more than"),
            std::string::npos);
  EXPECT_LT(line.size(), size_t{2} << 20);
}

TEST_F(TheLineReader, InputsAreCheckedBeforeTheyAreRead) {
  const fs::path plain = write("a", "one\n"), absent = dir_ / "absent", pipe = dir_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto check = [](const std::vector<fs::path>& inputs) {
    return message_of([&] { check_readable(inputs); });
  };
  EXPECT_EQ(check({plain, pipe, plain, "-"}),
            "no error");  // a pipe is not opened: opening would wait for its writer
  EXPECT_EQ(check({plain, absent}), "cannot open " + absent.string() + ": No such file or directory");
  EXPECT_NE(check({plain, write("b", "PK\x03\x04")}).find("is a zip archive"), std::string::npos);
  EXPECT_EQ(check({"-", plain, "-"}), "standard input is named twice, but can be read only once");
  EXPECT_EQ(check({pipe, pipe}), pipe.string() + " is named twice, but can be read only once");
}

TEST_F(TheLineReader, PipesAndStandardInputCanBeReadOnlyOnce) {
  ASSERT_EQ(::mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  for (const fs::path& path : {fs::path("-"), dir_ / "pipe", fs::path("/dev/null")}) {
    EXPECT_TRUE(is_read_once(path)) << path;
  }
  for (const fs::path& path : {write("a", "one\n"), dir_, dir_ / "absent"}) EXPECT_FALSE(is_read_once(path));
}

// A caller reads line by line while half of the third line is written.
TEST_F(TheLineReader, ReportsThatItWillWaitForTheRestOfALine) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "one\ntwo\nth", 10), 10);
  LineReader reader("/dev/fd/" + std::to_string(ends[0]));
  Lines lines;
  std::vector<size_t> waits;  // by the number of lines read before each
  reader.before_waiting([&] {
    waits.push_back(lines.size());
    ASSERT_EQ(::write(ends[1], "ree\nfour", 8), 8);
    ::close(ends[1]);
  });
  for (std::string line; reader.next(line);) lines.push_back(line);
  ::close(ends[0]);
  EXPECT_EQ(lines, (Lines{"one", "two", "three", "four"}));
  EXPECT_EQ(waits, std::vector<size_t>{2});
}

TEST_F(TheLineReader, NeverReportsWaitingForAFile) {
  LineReader reader(write("text", "one\ntwo"));
  reader.before_waiting([] { FAIL(); });
  while (reader.next()) {
  }
  EXPECT_EQ(reader.line_number(), 2);
}

}  // namespace
}  // namespace rpp
