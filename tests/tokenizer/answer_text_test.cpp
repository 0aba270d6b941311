// Expected forms come from Python 3.11: lower(), str.translate, re.sub and split() in this order.
#include "tokenizer/answer_text.h"

#include <gtest/gtest.h>

namespace rpp {
namespace {

TEST(NormalizeAnswer, LowercasesDropsPunctuationAndArticlesAndCollapsesBlanks) {
  EXPECT_EQ(normalize_answer("  The  Denver-Broncos, (a team)\tof an NFL. "), "denverbroncos team of nfl");
  EXPECT_EQ(normalize_answer("$1.5 million"), "15 million");
  EXPECT_EQ(normalize_answer("the"), "");
  EXPECT_EQ(normalize_answer(""), "");
}

TEST(NormalizeAnswer, OnlyWholeWordsAreArticles) {
  EXPECT_EQ(normalize_answer("Athens another theatre a1 the2"), "athens another theatre a1 the2");
  EXPECT_EQ(normalize_answer("A, an; THE the"), "");
}

TEST(NormalizeAnswer, PunctuationIsRemovedBeforeArticles) {
  EXPECT_EQ(normalize_answer("the-end"), "theend");
  EXPECT_EQ(normalize_answer("a's"), "as");
  EXPECT_EQ(normalize_answer("_the_"), "");
}

TEST(NormalizeAnswer, NonAsciiQuotesAndDashesStayButEndWords) {
  EXPECT_EQ(normalize_answer("\u201cthe\u201d"), "\u201c \u201d");
  EXPECT_EQ(normalize_answer("an\u2013a"), "\u2013");
  EXPECT_EQ(normalize_answer("24\u201310"), "24\u201310");
}

TEST(NormalizeAnswer, BlanksMatchPython) {
  EXPECT_EQ(normalize_answer("one\u00a0the\u2003two\u3000\u200bthree"), "one two \u200bthree");
}

TEST(NormalizeAnswer, WordsMatchPythonsRegularExpressions) {
  EXPECT_EQ(normalize_answer("a\u00e9 \u00e9a a\u00b2 a\u4e00"), "a\u00e9 \u00e9a a\u00b2 a\u4e00");
  EXPECT_EQ(normalize_answer("a\u0301"), "\u0301");  // a combining mark is not part of a word
}

TEST(NormalizeAnswer, LowercasingMatchesPython) {
  EXPECT_EQ(normalize_answer("\u0130STANBUL \u039f\u0394\u039f\u03a3"),
            "i\u0307stanbul \u03bf\u03b4\u03bf\u03c2");
}

TEST(NormalizeAnswer, ExactlyTheAsciiPunctuationIsRemoved) {
  EXPECT_EQ(normalize_answer("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"), "");
  EXPECT_EQ(normalize_answer("/0"), "0");
  EXPECT_EQ(normalize_answer("9:"), "9");
  EXPECT_EQ(normalize_answer("@B[ Z`"), "b z");
  EXPECT_EQ(normalize_answer("`b{ z~"), "b z");
  EXPECT_EQ(normalize_answer("b\x7f"), "b\x7f");
}

}  // namespace
}  // namespace rpp
