#include "io/json_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rpp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(JsonKeys, KeepTheOrderOfTheTextAndDuplicates) {
  EXPECT_THAT(json_keys(R"({"b": 1, "a": [2.5, -1, "x", true, null], "b": 3})"),
              ElementsAre(JsonKey{0, "b"}, JsonKey{0, "a"}, JsonKey{0, "b"}));
}

TEST(JsonKeys, EachObjectHasANumber) {
  EXPECT_THAT(
      json_keys(R"([{"a": {"b": {}}, "c": [{"d": 1}]}, {"e": 1}])"),
      ElementsAre(JsonKey{0, "a"}, JsonKey{1, "b"}, JsonKey{0, "c"}, JsonKey{3, "d"}, JsonKey{4, "e"}));
}

TEST(JsonKeys, AreUnescapedBeforeComparison) {
  EXPECT_THAT(json_keys(R"({"\u0061\n": 1})"), ElementsAre(JsonKey{0, "a\n"}));
}

TEST(JsonKeys, StopAtASyntaxError) {
  EXPECT_THAT(json_keys(R"({"a": 1, "b": nul, "c": 1})"), ElementsAre(JsonKey{0, "a"}, JsonKey{0, "b"}));
  EXPECT_THAT(json_keys("5"), IsEmpty());
  EXPECT_THAT(json_keys(""), IsEmpty());
}

}  // namespace
}  // namespace rpp
