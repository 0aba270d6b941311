// Expected values come from Python 3: bytes.decode("utf-8", "ignore"), str.lower(), unicodedata,
// str.isspace().
#include "tokenizer/unicode.h"

#include <gtest/gtest.h>

namespace rpp {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, ValidTextIsDecodedToCodePoints) {
  EXPECT_EQ(decode_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), U"a\u00e9\u20ac\U0001F600");
}

TEST(Utf8, EncodingRoundTrips) {
  std::string text;
  for (const char32_t c : {U'a', U'\u00e9', U'\u20ac', U'\U0010FFFF'}) append_utf8(c, text);
  EXPECT_EQ(text, "a\xc3\xa9\xe2\x82\xac\xf4\x8f\xbf\xbf");
}

struct InvalidCase {
  std::string_view bytes;
  std::u32string_view kept;
};

class InvalidUtf8 : public testing::TestWithParam<InvalidCase> {};

TEST_P(InvalidUtf8, IsDroppedLikeInPython) {
  EXPECT_EQ(decode_utf8(GetParam().bytes), GetParam().kept);
  EXPECT_LT(find_invalid_utf8(GetParam().bytes), GetParam().bytes.size());
}

INSTANTIATE_TEST_SUITE_P(Table, InvalidUtf8,
                         testing::Values(InvalidCase{"a\xe2\x82"
                                                     "b",
                                                     U"ab"},                          // a truncated sequence
                                         InvalidCase{"\xe2\x82\xc3\xa9", U"\u00e9"},  // cut by another one
                                         InvalidCase{"\xf0\x9f\xe2\x82\xac", U"\u20ac"},
                                         InvalidCase{"\xc0\x80z", U"z"},          // overlong
                                         InvalidCase{"\xe0\x9f\xbfz", U"z"},      // overlong
                                         InvalidCase{"\xf0\x80\x80\x80z", U"z"},  // overlong
                                         InvalidCase{"\xed\xa0\x80z", U"z"},      // a surrogate
                                         InvalidCase{"\xf4\x90\x80\x80z", U"z"},  // above U+10FFFF
                                         InvalidCase{"\xf8\x88\x80\x80\x80z", U"z"},
                                         InvalidCase{"\xff\xfez\x80", U"z"},
                                         InvalidCase{"z\xf0\x9f\x98", U"z"}));  // the text ends too early

struct LowerCase {
  std::u32string_view text, lower;
};

class Lower : public testing::TestWithParam<LowerCase> {};

TEST_P(Lower, EqualsPythonsStrLower) {
  EXPECT_EQ(lower_case(GetParam().text), GetParam().lower);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Lower,
    testing::Values(LowerCase{U"Abc", U"abc"}, LowerCase{U"\u0391\u03a3", U"\u03b1\u03c2"},  // final sigma
                    LowerCase{U"\u03a3", U"\u03c3"},                            // no letter before it
                    LowerCase{U"\u0391\u03a3\u0391", U"\u03b1\u03c3\u03b1"},    // a letter after it
                    LowerCase{U"\u0391\u03a3.", U"\u03b1\u03c2."},              // ignorable after it
                    LowerCase{U"\u0391\u03a3.\u0391", U"\u03b1\u03c3.\u03b1"},  // a letter after an ignorable
                    LowerCase{U"A'\u03a3", U"a'\u03c2"}, LowerCase{U"'\u03a3", U"'\u03c3"},
                    LowerCase{U"1\u03a3", U"1\u03c3"}, LowerCase{U"A\u03a31", U"a\u03c21"},
                    LowerCase{U"\u0391\u00ad\u03a3\u00ad"
                              U"b",
                              U"\u03b1\u00ad\u03c3\u00ad"
                              U"b"},
                    LowerCase{U"\u0130", U"i\u0307"},  // grows to two characters
                    LowerCase{U"\u1e9e", U"\u00df"}, LowerCase{U"\u01c5", U"\u01c6"},
                    LowerCase{U"\U00010400", U"\U00010428"}));  // beyond 16 bits

TEST(StripAccents, DecomposesAndDropsNonspacingMarks) {
  EXPECT_EQ(strip_accents(U"na\u00efve"), U"naive");
  EXPECT_EQ(strip_accents(U"e\u0301\u0323x"), U"ex");
  EXPECT_EQ(strip_accents(U"\u1e9b\u0323"), U"\u017f");
}

TEST(StripAccents, DecomposesHangulIntoLetters) {
  EXPECT_EQ(strip_accents(U"\uac01"), U"\u1100\u1161\u11a8");
}

TEST(StripAccents, KeepsSpacingAndEnclosingMarks) {
  EXPECT_EQ(strip_accents(U"\u0915\u093e\u20dd"), U"\u0915\u093e\u20dd");
}

TEST(BertClasses, WhiteSpaceIsZsTabNewlineReturn) {
  for (const char32_t c : U" \t\n\r\u00a0\u2003\u3000"sv)
    EXPECT_TRUE(is_bert_whitespace(c)) << std::hex << +c;
  for (const char32_t c : U"\v\f\u0085\u2028\u2029\u200b"sv)
    EXPECT_FALSE(is_bert_whitespace(c)) << std::hex << +c;
}

TEST(BertClasses, ControlIsCcAndCfOnly) {
  for (const char32_t c : U"\0\a\u007f\u0085\u00ad\u200b\ufeff"sv)
    EXPECT_TRUE(is_bert_control(c)) << std::hex << +c;
  for (const char32_t c : U"\t\n\ra\ue000\u0378"sv) EXPECT_FALSE(is_bert_control(c)) << std::hex << +c;
}

TEST(BertClasses, PunctuationIsEveryAsciiSymbolAndCategoryP) {
  for (const char32_t c : U"!/:@[`{~$+<=>^|\u00a7\u00b6\u2014\u3002"sv) {
    EXPECT_TRUE(is_bert_punctuation(c)) << std::hex << +c;
  }
  for (const char32_t c : U"a0 \u20ac\u00b0\u00d7"sv) EXPECT_FALSE(is_bert_punctuation(c)) << std::hex << +c;
}

TEST(BertClasses, IdeographBlocksEndWhereTheReferenceSays) {
  for (const char32_t c : {0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xF900, 0xFAFF, 0x20000, 0x2A6DF, 0x2A700, 0x2B73F,
                           0x2B740, 0x2B81F, 0x2B820, 0x2CEAF, 0x2F800, 0x2FA1F}) {
    EXPECT_TRUE(is_cjk_ideograph(c)) << std::hex << +c;
  }
  for (const char32_t c : {0x33FF, 0x4DC0, 0xA000, 0xF8FF, 0xFB00, 0x1FFFF, 0x2A6E0, 0x2A6FF, 0x2CEB0,
                           0x2F7FF, 0x2FA20, 0x3042, 0xAC00}) {
    EXPECT_FALSE(is_cjk_ideograph(c)) << std::hex << +c;
  }
}

TEST(PythonWhitespace, EqualsStrIsspace) {
  std::u32string found;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (is_python_whitespace(c)) found.push_back(c);
  }
  EXPECT_EQ(
      found,
      U"\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
      U"\u200a\u2028\u2029\u202f\u205f\u3000");
}

TEST(Utf8, TheFirstInvalidByteIsFound) {
  EXPECT_EQ(find_invalid_utf8("a\u00e9\u4e00"), 6U);
  EXPECT_EQ(find_invalid_utf8("a\u00e9\xe9z"), 3U);
  EXPECT_EQ(find_invalid_utf8("ab\xe4\xb8"), 2U);
}

TEST(Utf8, CodePointsAreCounted) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("a\u00e9\u4e00\U0001f600"), 4U);
}

// Python 3.11: bool(re.match(r"\\w", c))
TEST(PythonWord, ConsistsOfLettersDigitsNumbersAndUnderscore) {
  for (const char32_t c : std::u32string_view(U"a_9\u00b2\u00bd\u2167\u4e00\u0660")) {
    EXPECT_TRUE(is_python_word(c)) << static_cast<uint32_t>(c);
  }
  for (const char32_t c : std::u32string_view(U" -\u0301\u201c\u00b0\u200b\u0903")) {
    EXPECT_FALSE(is_python_word(c)) << static_cast<uint32_t>(c);
  }
}

}  // namespace
}  // namespace rpp
