#include "data/squad_predictions.h"

#include <gtest/gtest.h>

#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

class SquadPredictions : public testing::Test {
 protected:
  std::string message(std::string_view text) const {
    const std::string whole = message_of([&] { read_squad_predictions(dir_.write("file.json", text)); });
    return whole.substr(std::min(whole.find("file.json"), whole.size()));
  }
  const TestDir dir_{
      fmt::format("squad_predictions_{}", testing::UnitTest::GetInstance()->current_test_info()->name())};
};

TEST_F(SquadPredictions, AreWrittenInTheOfficialLayoutsAndReadBack) {
  const SquadData data{.contexts = {"c"}, .questions = {{.id = "b", .text = "q"}, {.id = "a", .text = "q"}}};
  const SquadPrediction predictions[] = {
      {.text = "24\u201310",
       .n_best = {{.text = "24\u201310", .start_logit = 1.5F, .end_logit = 2, .probability = 1}},
       .null_odds = -2.5},
      {.text = "", .null_odds = 3}};
  write_squad_predictions(dir_.path(), data, predictions, true);
  EXPECT_EQ(read_file(dir_ / "predictions.json"), "{\n  \"b\": \"24\\u201310\",\n  \"a\": \"\"\n}\n");
  EXPECT_EQ(read_file(dir_ / "null_odds.json"), "{\n  \"b\": -2.5,\n  \"a\": 3.0\n}\n");
  EXPECT_EQ(
      read_file(dir_ / "nbest_predictions.json"),
      "{\n  \"b\": [{\"text\":\"24\\u201310\",\"probability\":1.0,\"start_logit\":1.5,\"end_logit\":2.0}],\n"
      "  \"a\": []\n}\n");
  EXPECT_EQ(read_squad_predictions(dir_ / "predictions.json").at("b"), "24\u201310");
  const auto odds = read_null_odds(dir_ / "null_odds.json");
  EXPECT_EQ(odds, (std::vector<std::pair<std::string, double>>{{"b", -2.5}, {"a", 3.0}}));
}

TEST_F(SquadPredictions, WithoutNullOddsNoNullOddsFileIsWritten) {
  const SquadData data{.contexts = {"c"}, .questions = {{.id = "a", .text = "q"}}};
  const SquadPrediction predictions[] = {{.text = "c"}};
  write_squad_predictions(dir_.path(), data, predictions, false);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "null_odds.json"));
}

TEST_F(SquadPredictions, ADeeplyNestedValueIsRefused) {
  EXPECT_EQ(message(R"({"a": )" + std::string(100'000, '[') + std::string(100'000, ']') + "}"),
            "file.json: JSON of 100001 levels, at most 64 are read");
}

TEST_F(SquadPredictions, BadFilesAreNamedWithTheId) {
  EXPECT_EQ(message("[]"), "file.json holds no JSON object, but []");
  EXPECT_EQ(message(R"({"a": 7})"), "file.json: the answer to 'a' must be a text, not 7");
  EXPECT_EQ(message(R"({"a": "x", "a": "y"})"), "file.json: the key 'a' is there twice: remove one");
  EXPECT_TRUE(message(R"({"a")").starts_with("file.json:1: broken JSON at byte 5"));
  const auto odds = message_of([&] { read_null_odds(dir_.write("odds.json", R"({"a": "x"})")); });
  EXPECT_TRUE(odds.ends_with("odds.json: the null odds of 'a' must be a number, not \"x\"")) << odds;
}

}  // namespace
}  // namespace rpp
