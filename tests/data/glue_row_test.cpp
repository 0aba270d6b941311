#include "data/glue_row.h"

#include <gtest/gtest.h>

namespace rpp {
namespace {

using Names = std::vector<std::string>;

TEST(SplitItems, OfATextAreBetweenSeparators) {
  EXPECT_EQ(split_items("a, b c ,d", ","), (Names{"a", "b c", "d"}));
  EXPECT_EQ(split_items("a||b", "||"), (Names{"a", "b"}));
  EXPECT_EQ(split_items("a", ","), (Names{"a"}));
  EXPECT_EQ(split_items("a,,b", ","), (Names{"a", "", "b"}));
}

TEST(SplitItems, OfAnEmptyValueAreNone) {
  EXPECT_TRUE(split_items("", ",").empty());
  EXPECT_TRUE(split_items("  ", ",").empty());
}

TEST(SplitItems, OfAnArrayMayContainTheSeparator) {
  for (const Names& items : {Names{"a,b", " c"}, Names{""}, Names{}}) {
    EXPECT_EQ(split_items(join_items(items), ","), items);
  }
}

}  // namespace
}  // namespace rpp
