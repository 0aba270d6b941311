#include "core/lfs_pointer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "core/atomic_file.h"
#include "core/mmap_file.h"
#include "message_of.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

class LfsPointer : public testing::Test {
 protected:
  LfsPointer() {
    std::ofstream(path_) << "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 440449768\n";
  }
  ~LfsPointer() override { fs::remove_all(path_); }

  const fs::path path_ = fs::temp_directory_path() / fmt::format("rpp_lfs_{}", ::getpid());
  const std::string refusal_ = fmt::format(
      "{} is a Git LFS pointer, not the file itself: run git lfs pull or download it again", path_.string());
};

TEST_F(LfsPointer, IsNamedByWhateverReadsIt) {
  EXPECT_EQ(message_of([&] { read_file(path_); }), refusal_);
  for (const auto access : {FileAccess::mapped, FileAccess::copied}) {
    EXPECT_EQ(message_of([&] { MmapFile(path_, access); }), refusal_);
  }
}

TEST_F(LfsPointer, AFileThatMentionsOneIsRead) {
  const std::string text = "a version https://git-lfs.github.com/spec/v1";
  std::ofstream(path_, std::ios::trunc) << text;
  EXPECT_EQ(read_file(path_), text);
  EXPECT_EQ(MmapFile(path_).text(), text);
}

}  // namespace
}  // namespace rpp
