#include "rpp/core/nearest.h"

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

TEST(NearestName, OfEquallyNearOnesTheFirstIsTaken) {
  EXPECT_EQ(nearest_name("c", std::vector<std::string>{"a", "b"}), "a");
}

TEST(NearestName, IsEmptyWithoutCandidates) {
  EXPECT_EQ(nearest_name("a", {}), "");
}

}  // namespace
}  // namespace rpp
