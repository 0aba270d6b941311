#include "data/tokenize_file.h"

#include <gmock/gmock.h>

#include "core/atomic_file.h"
#include "tokenizer/text_files.h"

namespace rpp {
namespace {

using testing::HasSubstr;

class TokenizeFile : public TextFiles {
 protected:
  TokenizeFile() {
    write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n");
    write("in.txt", "A ab\n\nzz a\n");
  }
  TokenizeOptions options(TokenForm form) const {
    return {.tokenizer = directory_,
            .input = directory_ / "in.txt",
            .output = directory_ / "out.txt",
            .form = form};
  }
};

TEST_F(TokenizeFile, WritesTheIdsOfALineOnALine) {
  tokenize_file(options(TokenForm::ids));
  EXPECT_EQ(read_file(directory_ / "out.txt"), "5 5 6\n\n1 5\n");
}

TEST_F(TokenizeFile, WritesPiecesOnRequest) {
  tokenize_file(options(TokenForm::pieces));
  EXPECT_EQ(read_file(directory_ / "out.txt"), "a a ##b\n\n[UNK] a\n");
}

TEST_F(TokenizeFile, WritesToStandardOutputWithoutAPath) {
  TokenizeOptions to_stdout = options(TokenForm::ids);
  to_stdout.output.clear();
  testing::internal::CaptureStdout();
  tokenize_file(to_stdout);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "5 5 6\n\n1 5\n");
}

TEST_F(TokenizeFile, AcceptsAMinusForStandardOutput) {
  TokenizeOptions to_stdout = options(TokenForm::ids);
  to_stdout.output = "-";
  testing::internal::CaptureStdout();
  tokenize_file(to_stdout);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "5 5 6\n\n1 5\n");
}

TEST_F(TokenizeFile, CountsLinesWithDroppedBytes) {
  write("in.txt", "a\na\xff\na\n\xe9 a\n");
  const TokenizeReport report = tokenize_file(options(TokenForm::ids));
  EXPECT_EQ(report.num_invalid_lines, 2);
  EXPECT_EQ(report.first_invalid_line, 2);
  EXPECT_EQ(read_file(directory_ / "out.txt"), "5\n5\n5\n5\n");
}

TEST_F(TokenizeFile, CountsLinesTokensAndBytesOfText) {
  const TokenizeReport report = tokenize_file(options(TokenForm::ids));
  EXPECT_EQ(report.num_lines, 3);
  EXPECT_EQ(report.num_tokens, 5);
  EXPECT_EQ(report.num_bytes, 8);
}

TEST_F(TokenizeFile, AMissingInputIsNamedAndNothingIsWritten) {
  std::filesystem::remove(directory_ / "in.txt");
  EXPECT_THAT(message_of([&] { tokenize_file(options(TokenForm::ids)); }), HasSubstr("in.txt"));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "out.txt"));
}

}  // namespace
}  // namespace rpp
