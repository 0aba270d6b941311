#include "sentencepiece/normalizer_json.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "message_of.h"

namespace rpp {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json sequence(const std::vector<json>& steps) {
  return {{"type", "Sequence"}, {"normalizers", steps}};
}

json type(const char* name) {
  return {{"type", name}};
}

TEST(NormalizerJson, WhatIsWrittenIsReadAgain) {
  for (const bool strip : {false, true}) {
    for (const bool lower : {false, true}) {
      const TextRules rules = albert_rules(strip, lower);
      const JsonNormalizer read = parse_normalizer(json(normalizer_json(rules, "rules")), "t.json");
      EXPECT_EQ(read.rules, rules);
      EXPECT_EQ(read.charsmap, "rules");
      EXPECT_TRUE(is_albert(read.rules));
    }
  }
}

TEST(NormalizerJson, NoneChangesNothing) {
  const JsonNormalizer none = parse_normalizer(json(), "t.json");
  EXPECT_EQ(none.rules, kUnchangedText);
  EXPECT_EQ(none.charsmap, "");
  EXPECT_FALSE(is_albert(none.rules));
}

TEST(NormalizerJson, StepsMayStandAlone) {
  EXPECT_TRUE(parse_normalizer(type("Lowercase"), "t.json").rules.lower_case);
  const TextRules rules = parse_normalizer(sequence({type("NFKD"), type("StripAccents")}), "t.json").rules;
  EXPECT_TRUE(rules.strip_accents && rules.any_accents);
  EXPECT_FALSE(rules.lower_case || rules.plain_quotes);
}

TEST(NormalizerJson, OtherStepsAndOrdersAreRefused) {
  const auto refusal = [](const json& normalizer) {
    return message_of([&] { parse_normalizer(normalizer, "t.json"); });
  };
  EXPECT_THAT(refusal(type("NFC")), HasSubstr("t.json: the normalizer \"NFC\" is not supported: one"));
  EXPECT_THAT(refusal(type("NFKD")), HasSubstr("the normalizer \"NFKD\" is not supported"));
  EXPECT_THAT(refusal(sequence({type("Precompiled"), type("Lowercase")})),
              HasSubstr("the normalizer \"Lowercase\" is not supported at its place"));
  EXPECT_THAT(refusal(sequence({type("Precompiled"), type("Precompiled")})),
              HasSubstr("the normalizer \"Precompiled\" is not supported at its place"));
  const json tabs = {{"type", "Replace"}, {"pattern", {{"String", "\t"}}}, {"content", " "}};
  EXPECT_THAT(refusal(tabs), HasSubstr("the normalizer \"Replace\" is not supported"));
}

}  // namespace
}  // namespace rpp
