#include "tokenizer/vocab.h"

#include <gmock/gmock.h>

#include "tokenizer/text_files.h"

namespace rpp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class VocabFile : public TextFiles {};

TEST_F(VocabFile, TheLineNumberIsTheId) {
  const Vocabulary vocabulary = load_vocabulary(write("vocab.txt", "[PAD]\nthe\n##s\n"));
  EXPECT_EQ(vocabulary.size(), 3);
  EXPECT_EQ(vocabulary.find("the"), 1);
  EXPECT_EQ(vocabulary.piece(2), "##s");
  EXPECT_FALSE(vocabulary.find("of"));
}

TEST_F(VocabFile, Trap5LinesAreStrippedOfPythonWhitespace) {
  const Vocabulary vocabulary =
      load_vocabulary(write("vocab.txt", " a\t\r\n\u3000b\u00a0\n\u2028c\x1f\n\u200bd\n"));
  EXPECT_THAT(vocabulary.pieces(), ElementsAre("a", "b", "c", "\u200bd"));
}

TEST_F(VocabFile, Trap5AnEmptyLineUsesAnId) {
  EXPECT_EQ(load_vocabulary(write("vocab.txt", "a\n \nb\n")).find("b"), 2);
}

TEST_F(VocabFile, Trap5TheLastOfEqualLinesIsFoundAndOthersKeepTheirIds) {
  const Vocabulary vocabulary = load_vocabulary(write("vocab.txt", "a\nb\nc\n b\nd\n"));
  EXPECT_EQ(vocabulary.find("b"), 3);
  EXPECT_EQ(vocabulary.piece(1), "b");
  EXPECT_EQ(vocabulary.find("d"), 4);
  EXPECT_EQ(vocabulary.size(), 5);
  EXPECT_EQ(vocabulary.num_distinct(), 4);
}

// WordPiece.from_file of tokenizers 0.23.3.
TEST_F(VocabFile, TheLibraryStripsRustsWhiteSpaceAtTheEndOfALine) {
  const Vocabulary vocabulary =
      parse_vocabulary(" a\t\r\n\u3000b\u00a0\nc\x1f\n", "vocab.txt", VocabLines::library);
  EXPECT_THAT(vocabulary.pieces(), ElementsAre(" a", "\u3000b", "c\x1f"));
}

TEST_F(VocabFile, TheLastLineNeedsNoNewline) {
  EXPECT_THAT(load_vocabulary(write("vocab.txt", "a\nb")).pieces(), ElementsAre("a", "b"));
}

TEST_F(VocabFile, AMissingFileIsNamed) {
  EXPECT_THAT(message_of([&] { load_vocabulary(directory_ / "none.txt"); }), HasSubstr("none.txt"));
}

TEST_F(VocabFile, AnEmptyFileIsRefused) {
  EXPECT_THAT(message_of([&] { load_vocabulary(write("vocab.txt", "")); }), HasSubstr("vocab.txt is empty"));
}

TEST_F(VocabFile, InvalidUtf8NamesTheLine) {
  EXPECT_THAT(message_of([&] { load_vocabulary(write("vocab.txt", "a\nb\xff\n")); }),
              HasSubstr("vocab.txt, line 2: not valid UTF-8"));
}

TEST(Vocabulary, AMissingPieceIsNamedWithItsSource) {
  const Vocabulary vocabulary({"a"}, "my/vocab.txt");
  EXPECT_THAT(message_of([&] { vocabulary.require("[MASK]"); }),
              HasSubstr("my/vocab.txt has no piece [MASK]"));
}

TEST(Vocabulary, IdsWithoutAPieceAreNeverFound) {
  const Vocabulary vocabulary({{0, "a"}, {2, "b"}}, "tokenizer.json");
  EXPECT_EQ(vocabulary.size(), 3);
  EXPECT_EQ(vocabulary.find("b"), 2);
  EXPECT_EQ(vocabulary.piece(1), "");
  EXPECT_FALSE(vocabulary.find(""));
}

TEST(Vocabulary, LookUpsSurviveAMove) {
  Vocabulary first({"a", "b"});
  const Vocabulary second = std::move(first);
  EXPECT_EQ(second.find("b"), 1);
}

}  // namespace
}  // namespace rpp
