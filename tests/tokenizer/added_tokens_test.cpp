#include "tokenizer/added_tokens.h"

#include <gmock/gmock.h>

#include "message_of.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Parts of the text; tokens are in angle brackets.
std::vector<std::string> split(std::string_view text, const std::vector<AddedToken>& tokens) {
  const AddedTokens added(tokens, {});
  std::vector<std::string> parts;
  for (const TokenFinder::Part& part : added.in_text().split(text)) {
    const std::string content(text.substr(part.begin, part.end - part.begin));
    parts.push_back(part.token != nullptr ? "<" + content + ">" : content);
  }
  return parts;
}

TEST(AddedTokens, TheLeftmostAndThenTheLongestMatchCounts) {
  const std::vector<AddedToken> tokens = {{.content = "ab"}, {.content = "abc"}, {.content = "bcd"}};
  EXPECT_THAT(split("xabcdab", tokens), ElementsAre("x", "<abc>", "d", "<ab>"));
  EXPECT_TRUE(split("", tokens).empty());
  EXPECT_THAT(split("xyz", tokens), ElementsAre("xyz"));
}

TEST(AddedTokens, TheyTakeBlanksBesideThem) {
  EXPECT_THAT(split("a \u3000T\t b", {{.content = "T", .lstrip = true}}),
              ElementsAre("a", "< \u3000T>", "\t b"));
  EXPECT_THAT(split("a T\t b", {{.content = "T", .rstrip = true}}), ElementsAre("a ", "<T\t >", "b"));
  // Blanks that the token before took are not taken again.
  EXPECT_THAT(split("T T", {{.content = "T", .lstrip = true, .rstrip = true}}), ElementsAre("<T >", "<T>"));
}

TEST(AddedTokens, ASingleWordTouchesNoCharacterOfAWord) {
  const std::vector<AddedToken> tokens = {{.content = "w", .single_word = true}};
  EXPECT_THAT(split("w,w-\u00e9w w\u0301 _w", tokens), ElementsAre("<w>", ",", "<w>", "-\u00e9w w\u0301 _w"));
}

TEST(AddedTokens, TextWithoutAMatchIsSeenAtOnce) {
  const AddedTokens added({{.content = "[A]"}, {.content = "[B]"}, {.content = "x"}}, {});
  EXPECT_FALSE(added.in_text().occurs_in("[C] y"));
  EXPECT_TRUE(added.in_text().occurs_in("a [B]"));
}

TEST(AddedTokens, ATokenOfWhichNormalisationLeavesNothingIsRefused) {
  const std::vector<AddedToken> tokens = {{.content = "\u0301", .in_text = false, .in_normalized = true}};
  EXPECT_THAT(message_of([&] { AddedTokens(tokens, {}); }), HasSubstr("nothing is left of the added token"));
}

}  // namespace
}  // namespace rpp
