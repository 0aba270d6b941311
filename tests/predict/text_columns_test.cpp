#include "predict/text_columns.h"

#include <gtest/gtest.h>

#include "message_of.h"

namespace rpp {
namespace {

TEST(TextColumns, TheFirstLineNamesTheColumns) {
  TextColumns columns({.text = "b", .text_pair = "a"});
  EXPECT_FALSE(columns.read("a\tb\tc"));
  const auto row = columns.read("1\t\"2\t");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->text, "\"2");
  EXPECT_EQ(row->text_pair, "1");
}

TEST(TextColumns, NumbersCountFromOneInATableWithoutHeader) {
  TextColumns columns({.text = "3", .text_pair = ""});
  const auto row = columns.read(
      "\xef\xbb\xbf"
      "1\t2\t3");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->text, "3");
  EXPECT_FALSE(row->text_pair);
}

TEST(TextColumns, ThereIsNoColumnZero) {
  const auto refusal = [](const char* text, const char* text_pair) {
    return message_of([&] { TextColumns({.text = text, .text_pair = text_pair}); });
  };
  EXPECT_EQ(refusal("0", ""), "columns count from 1 on");
  EXPECT_EQ(refusal("0", "1"), "columns count from 1 on");
  EXPECT_EQ(refusal("1", "0"), "columns count from 1 on");
  EXPECT_EQ(refusal("1", "2"), "no error");
}

TEST(TextColumns, LinesThatStartWithABraceAreJsonObjects) {
  TextColumns columns({.text = "text", .text_pair = "n"});
  const auto row = columns.read(R"({"text": "a\tb", "n": 5})");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->text, "a\tb");
  EXPECT_EQ(row->text_pair, "5");
  EXPECT_EQ(message_of([&] { columns.read(R"({"text": "a", "m": 5})"); }), "no key 'n' (there are m, text)");
  EXPECT_EQ(message_of([&] { columns.read(R"({"text": [], "n": 5})"); }),
            "'text' is [], expected a text or a number");
  EXPECT_TRUE(message_of([&] { columns.read("a\tb"); }).starts_with("the line: broken JSON at byte 1: "));
  EXPECT_EQ(message_of([&] { columns.read("5"); }), "the line holds no JSON object, but 5");
}

TEST(TextColumns, AMissingColumnIsNamedWithTheExistingOnes) {
  TextColumns columns({.text = "text", .text_pair = ""});
  EXPECT_EQ(
      message_of([&] { columns.read("texts\tlabel"); }),
      "no column 'text' in the header: did you mean 'texts'? (there are texts, label); columns without a "
      "header have numbers, from 1 on");
  TextColumns second({.text = "2", .text_pair = ""});
  EXPECT_EQ(message_of([&] { second.read("one"); }), "1 columns, expected at least 2, separated by tabs");
}

TEST(TextColumns, ANumberBesideANameIsRefused) {
  EXPECT_EQ(message_of([] { TextColumns({.text = "2", .text_pair = "b"}); }),
            "'2' and 'b': give two names of columns, or two numbers");
  EXPECT_EQ(message_of([] { TextColumns({.text = "0", .text_pair = ""}); }), "columns count from 1 on");
}

TEST(TextColumns, TheHeaderAloneIsEnoughToReadLaterRows) {
  TextColumns named({.text = "text", .text_pair = "other"}), numbered({.text = "1"}),
      objects({.text = "text"});
  EXPECT_NE(message_of([&] { named.read("text\tb"); }), "no error");  // one of two columns exists
  EXPECT_TRUE(named.needs_as_header("text\tb"));
  named.read("text\tother");
  EXPECT_FALSE(named.needs_as_header("a row"));
  EXPECT_FALSE(numbered.needs_as_header("\xff"));
  EXPECT_FALSE(objects.needs_as_header("{broken"));
}

}  // namespace
}  // namespace rpp
