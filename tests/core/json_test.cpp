#include "core/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "message_of.h"

namespace rpp {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::string complaint(const std::string& text) {
  return message_of([&] { parse_json(text, "a.json"); });
}

std::string nested(int levels) {
  return std::string(static_cast<size_t>(levels), '[') + std::string(static_cast<size_t>(levels), ']');
}

TEST(Json, TheMaximumNestingDepthIsAccepted) {
  EXPECT_EQ(complaint(nested(64)), "no error");
  EXPECT_THAT(complaint(nested(65)), HasSubstr("a.json: JSON of 65 levels, at most 64 are read"));
}

TEST(Json, ListsAndObjectsCountAlike) {
  std::string text;
  for (int i = 0; i < 33; ++i) text += R"([{"a":)";
  EXPECT_THAT(complaint(text), HasSubstr("66 levels"));
}

TEST(Json, SiblingsDoNotAddDepth) {
  std::string text = "[";
  for (int i = 0; i < 100; ++i) text += "[],{},";
  EXPECT_EQ(complaint(text + "0]"), "no error");
}

TEST(Json, BracketsInStringsDoNotAddDepth) {
  EXPECT_EQ(complaint("[\"" + std::string(100, '[') + "\"]"), "no error");
  EXPECT_EQ(complaint(R"(["\")" + std::string(100, '[') + "\"]"), "no error");
}

TEST(Json, ErrorsNameLineAndByteCountedFromOne) {
  EXPECT_THAT(complaint("{\n \"a\": 1,,\n}"), StartsWith("a.json:2: broken JSON at byte 9 of the line: "));
  EXPECT_THAT(complaint("x\n"), StartsWith("a.json:1: broken JSON at byte 1 of the line: "));
  EXPECT_THAT(complaint("[\"abc"), StartsWith("a.json: broken JSON at byte "));
  EXPECT_THAT(complaint("[\"abc\\"), StartsWith("a.json: broken JSON at byte "));
  EXPECT_EQ(complaint(""), "a.json is empty, expected JSON");
}

TEST(Json, ANumberOutOfRangeIsAnErrorWithItsPosition) {
  EXPECT_THAT(complaint("[1e999]"), StartsWith("a.json: broken JSON: number overflow"));
}

TEST(Json, AValueThatIsNotAnObjectIsNamed) {
  EXPECT_EQ(parse_json_object("{\"a\": 1}", "a.json").at("a"), 1);
  EXPECT_EQ(message_of([] { parse_json_object("[1]", "a.json"); }), "a.json holds no JSON object, but [1]");
  const auto long_list = "[\"" + std::string(100, 'x') + "\"]";
  EXPECT_THAT(message_of([&] { parse_json_object(long_list, "a.json"); }), EndsWith("xxx..."));
  const auto list_of = [](size_t bytes) { return "[\"" + std::string(bytes - 4, 'x') + "\"]"; };
  EXPECT_THAT(message_of([&] { parse_json_object(list_of(60), "a.json"); }), EndsWith(list_of(60)));
  EXPECT_THAT(message_of([&] { parse_json_object(list_of(61), "a.json"); }), EndsWith("x\"..."));
}

TEST(Json, AdviceEndsEveryMessage) {
  for (const auto& text : {std::string("{"), std::string("[]"), std::string(), nested(65)}) {
    EXPECT_THAT(message_of([&] { parse_json_object(text, "a.json", "write it again"); }),
                EndsWith("; write it again"));
  }
}

TEST(Json, AnOrderedObjectKeepsItsOrder) {
  const auto json = parse_json_object<nlohmann::ordered_json>("{\"b\": 1, \"a\": 2}", "a.json");
  EXPECT_EQ(json.dump(), "{\"b\":1,\"a\":2}");
}

TEST(Json, TryParseReturnsNothingForInvalidJson) {
  EXPECT_EQ(try_parse_json("[1]"), nlohmann::json::array({1}));
  EXPECT_EQ(try_parse_json("[1"), std::nullopt);
  EXPECT_EQ(try_parse_json(""), std::nullopt);
  EXPECT_EQ(try_parse_json(nested(65)), std::nullopt);
  EXPECT_NE(try_parse_json(nested(64)), std::nullopt);
}

}  // namespace
}  // namespace rpp
