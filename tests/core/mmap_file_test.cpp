#include "core/mmap_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "message_of.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

class MmapFileTest : public testing::Test {
 protected:
  MmapFileTest() { std::ofstream(path_) << "some bytes"; }
  ~MmapFileTest() override { fs::remove_all(path_); }

  const fs::path path_ = fs::temp_directory_path() / fmt::format("rpp_mmap_{}", ::getpid());
};

TEST_F(MmapFileTest, MappedAndCopiedBytesEqualTheFile) {
  for (const auto access : {FileAccess::mapped, FileAccess::copied}) {
    EXPECT_EQ(MmapFile(path_, access).text(), "some bytes");
  }
}

TEST_F(MmapFileTest, CopiedBytesDoNotFollowChangesOfTheFile) {
  const MmapFile copied(path_, FileAccess::copied);
  std::ofstream(path_, std::ios::trunc) << "x";
  EXPECT_EQ(copied.text(), "some bytes");
}

TEST_F(MmapFileTest, BytesInMemoryAreCopied) {
  std::string text = "in memory";
  const MmapFile copy(std::as_bytes(std::span(text)));
  text.assign(text.size(), 'x');
  EXPECT_EQ(copy.text(), "in memory");
  EXPECT_EQ(MmapFile(std::span<const std::byte>()).size(), 0U);
}

TEST_F(MmapFileTest, AnEmptyFileIsEmptyAndADirectoryIsRefused) {
  std::ofstream(path_, std::ios::trunc).flush();
  for (const auto access : {FileAccess::mapped, FileAccess::copied}) {
    EXPECT_EQ(MmapFile(path_, access).size(), 0U);
    EXPECT_EQ(message_of([&] { MmapFile(path_.parent_path(), access); }),
              fmt::format("cannot read {}: not a plain file", path_.parent_path()));
    EXPECT_EQ(message_of([&] { MmapFile(path_ / "absent", access); }).substr(0, 11), "cannot open");
  }
}

}  // namespace
}  // namespace rpp
