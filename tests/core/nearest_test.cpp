#include "core/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace rpp {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsAndSubstitutions) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("abc", ""), 3);
  EXPECT_EQ(edit_distance("abc", "abc"), 0);
  EXPECT_EQ(edit_distance("ab", "ba"), 2);
}

TEST(NearestName, IsTheCandidateWithTheFewestEdits) {
  const std::vector<std::string> keys = {"steps", "seed", "save_every"};
  EXPECT_EQ(nearest_name("stpes", keys), "steps");
  EXPECT_EQ(nearest_name("save_evry", keys), "save_every");
}

TEST(NearestName, TheFirstOfEquallyNearNamesIsTaken) {
  EXPECT_EQ(nearest_name("c", std::vector<std::string>{"a", "b"}), "a");
}

TEST(NearestName, IsEmptyWithoutCandidates) {
  EXPECT_EQ(nearest_name("a", {}), "");
}

TEST(CloseName, MatchesTyposAndPrefixes) {
  EXPECT_EQ(close_name("biuld", std::vector<std::string>{"build", "vocab"}), "build");
  EXPECT_EQ(close_name("acc", std::vector<std::string>{"f1", "accuracy"}), "accuracy");
  EXPECT_EQ(close_name("accuracy_mm", std::vector<std::string>{"f1", "accuracy"}), "accuracy");
}

TEST(CloseName, DoesNotMatchUnrelatedWords) {
  EXPECT_EQ(close_name("acc", std::vector<std::string>{"f1"}), "");
  EXPECT_EQ(close_name("--bogus", std::vector<std::string>{"--help", "--json"}), "");
  EXPECT_EQ(close_name("slow", std::vector<std::string>{"fast", "reference"}), "");
}

TEST(IsClose, AllowsFourEditsAndHalfTheShorterLength) {
  EXPECT_TRUE(is_close("abcdefgh", "wxyzefgh"));       // four edits of eight letters
  EXPECT_FALSE(is_close("abcdefghij", "vwxyzfghij"));  // five edits
  EXPECT_TRUE(is_close("abcd", "xycd"));
  EXPECT_FALSE(is_close("abc", "xyc"));
}

TEST(IsClose, AcceptsAPrefixOfThreeLetters) {
  EXPECT_TRUE(is_close("abc", "abcdefghijk"));
  EXPECT_TRUE(is_close("abcdefghijk", "abc"));
  EXPECT_FALSE(is_close("ab", "abcdefghijk"));
}

TEST(DidYouMean, IsEmptyWhenNoNameIsClose) {
  EXPECT_EQ(did_you_mean("stpes", std::vector<std::string>{"steps"}), ": did you mean 'steps'?");
  EXPECT_EQ(did_you_mean("foo", std::vector<std::string>{"steps"}), "");
}

TEST(NameHint, ListsTheNamesWhenNoneIsClose) {
  EXPECT_EQ(name_hint("stpes", std::vector<std::string>{"steps", "seed"}), ": did you mean 'steps'?");
  EXPECT_EQ(name_hint("foo", std::vector<std::string>{"steps", "seed"}), ": choose steps or seed");
}

TEST(OrList, JoinsNamesAsASentenceDoes) {
  EXPECT_EQ(or_list(std::vector<std::string>{"a", "b", "c"}), "a, b or c");
  EXPECT_EQ(or_list(std::vector<std::string>{"a"}), "a");
}

}  // namespace
}  // namespace rpp
