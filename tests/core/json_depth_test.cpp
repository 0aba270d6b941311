#include "rpp/core/json_depth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "message_of.h"

namespace rpp {
namespace {

using testing::HasSubstr;

std::string complaint(const std::string& text) {
  return message_of([&] { check_json_depth(text, "a.json"); });
}

std::string nested(int levels) {
  return std::string(static_cast<size_t>(levels), '[') + std::string(static_cast<size_t>(levels), ']');
}

TEST(JsonDepth, AsManyLevelsAsAreReadPass) {
  EXPECT_EQ(complaint(nested(64)), "no error");
  EXPECT_THAT(complaint(nested(65)), HasSubstr("a.json: JSON of 65 levels, at most 64 are read"));
}

TEST(JsonDepth, ListsAndObjectsCountAlike) {
  std::string text;
  for (int i = 0; i < 33; ++i) text += R"([{"a":)";
  EXPECT_THAT(complaint(text), HasSubstr("66 levels"));
}

TEST(JsonDepth, NeighboursAreOnOneLevel) {
  std::string text = "[";
  for (int i = 0; i < 100; ++i) text += "[],{},";
  EXPECT_EQ(complaint(text), "no error");
}

TEST(JsonDepth, BracketsInStringsAreText) {
  EXPECT_EQ(complaint("[\"" + std::string(100, '[') + "\"]"), "no error");
  EXPECT_EQ(complaint(R"(["\")" + std::string(100, '[') + "\"]"), "no error");
}

TEST(JsonDepth, AnOpenStringEndsWithTheText) {
  EXPECT_EQ(complaint("[\"abc"), "no error");
  EXPECT_EQ(complaint("[\"abc\\"), "no error");
}

}  // namespace
}  // namespace rpp
