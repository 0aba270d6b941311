#include "rpp/infer/line_predictor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "data/fake_tokenizer.h"
#include "message_of.h"
#include "rpp/core/atomic_file.h"
#include "rpp/infer/session.h"
#include "rpp/io/safetensors.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

const fs::path kClassifier = fs::path(RPP_SOURCE_DIR) / "tests/golden/bert/classifier";

class Predict : public testing::Test {
 protected:
  Predict() : dir_(fmt::format("predict_{}", testing::UnitTest::GetInstance()->current_test_info()->line())) {
    fs::copy(kClassifier, dir_.path());
    dir_.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nw0\nw1\nw2\n");
  }

  LinePredictor predictor(const PredictOptions& options = {}) {
    return {dir_.path(), "lines", options, [this](const TextLine& line, const Answer& answer) {
              texts_.push_back(line.text);
              answers_.push_back(answer);
            }};
  }

  TestDir dir_;
  std::vector<std::string> texts_;
  std::vector<Answer> answers_;
};

TEST_F(Predict, AFullPassIsReportedAndTheRestAtTheEnd) {
  auto lines = predictor({.batch_tokens = 8});
  lines.add("w0 w1");  // with [CLS] and [SEP] 4 tokens
  EXPECT_TRUE(texts_.empty());
  lines.add("w1 w2");
  EXPECT_EQ(texts_.size(), 2U);
  lines.add("w2");
  lines.finish();
  EXPECT_EQ(texts_, (std::vector<std::string>{"w0 w1", "w1 w2", "w2"}));
}

TEST_F(Predict, AnAnswerDoesNotDependOnItsNeighbours) {
  auto together = predictor();
  for (const auto* line : {"w0 w1 w2", "w1\tw2", "", "w1"}) together.add(line);
  together.finish();
  auto alone = predictor({.batch_tokens = 1});
  for (const auto* line : {"w0 w1 w2", "w1\tw2", "", "w1"}) alone.add(line);
  ASSERT_EQ(answers_.size(), 8U);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(answers_[i].scores.front().first, answers_[i + 4].scores.front().first);
    EXPECT_NEAR(answers_[i].scores.front().second, answers_[i + 4].scores.front().second, 1e-6);
  }
}

TEST_F(Predict, AnEmbeddingIsTheMeanOfTheLastHiddenStates) {
  auto lines = predictor({.embed = true});
  lines.add("w0 w1");
  lines.finish();
  const auto model = RuntimeModel::load(dir_.path());
  Session session(model);
  const std::vector<int32_t> ids = {2, 5, 6, 3}, bounds = {0, 4};
  session.encode({.input_ids = ids, .token_type_ids = {}, .cu_seqlens = bounds});
  const auto hidden = session.hidden();
  ASSERT_EQ(answers_.at(0).embedding.size(), 32U);
  for (size_t i = 0; i < 32; ++i) {
    const float sum = hidden[i] + hidden[32 + i] + hidden[64 + i] + hidden[96 + i];
    EXPECT_NEAR(answers_[0].embedding[i], sum / 4, 1e-6);
  }
}

TEST_F(Predict, AnEncoderAloneEmbedsAndHasNoAnswers) {
  std::vector<TensorView> encoder;
  const SafetensorsFile all(kClassifier / "model.safetensors");
  for (const TensorView& tensor : all.tensors()) {
    if (!tensor.name.starts_with("classifier")) encoder.push_back(tensor);
  }
  save_safetensors(dir_ / "model.safetensors", encoder);
  EXPECT_THAT(message_of([&] { predictor(); }), testing::HasSubstr("has no head that answers: fine-tune it"));
  auto lines = predictor({.embed = true});
  lines.add("w0 w1");
  lines.finish();
  EXPECT_EQ(answers_.at(0).embedding.size(), 32U);
}

TEST_F(Predict, ProbabilitiesFallAndSumToOne) {
  auto lines = predictor();
  lines.add("w0");
  lines.finish();
  const auto& scores = answers_.at(0).scores;
  ASSERT_EQ(scores.size(), 3U);
  EXPECT_GE(scores[0].second, scores[1].second);
  EXPECT_GE(scores[1].second, scores[2].second);
  EXPECT_NEAR(scores[0].second + scores[1].second + scores[2].second, 1, 1e-6);
}

TEST_F(Predict, APairWithAnEmptySecondTextIsStillAPair) {
  auto lines = predictor();
  lines.add("w0");
  lines.add("w0\t");
  lines.finish();
  EXPECT_NE(answers_.at(0).scores.front().second, answers_.at(1).scores.front().second);
}

TEST_F(Predict, CutLinesAreCounted) {
  auto lines = predictor({.max_seq_length = 8});
  lines.add("w0 w1 w2 w0 w1 w2");
  lines.add("w0 w1 w2 w0 w1 w2 w0");
  EXPECT_EQ(lines.num_cut(), 1);
  EXPECT_EQ(lines.num_texts(), 2);
}

TEST_F(Predict, AsManyTokensAreReadAsTheModelWasFineTunedWith) {
  EXPECT_EQ(predictor().max_seq_length(), 24);  // its positions
  dir_.write("tokenizer_config.json", R"({"model_max_length": 9})");
  EXPECT_EQ(predictor().max_seq_length(), 9);
  EXPECT_EQ(predictor({.max_seq_length = 12}).max_seq_length(), 12);
  dir_.write("tokenizer_config.json", R"({"model_max_length": 512})");
  EXPECT_EQ(predictor().max_seq_length(), 24);
}

TEST_F(Predict, LabelsThatAreNotAsManyAsTheClassifiersRowsAreRefused) {
  auto config = nlohmann::json::parse(read_file(dir_ / "config.json"));
  config["id2label"] = {{"0", "ham"}, {"1", "spam"}};
  dir_.write("config.json", config.dump());
  EXPECT_EQ(
      message_of([&] { predictor(); }),
      fmt::format("{}: config.json names 2 labels (ham, spam), but the classifier has 3 rows: mend id2label",
                  dir_.path()));
}

TEST_F(Predict, ARefusedLineIsNamedAfterThoseBeforeItWereAnswered) {
  auto lines = predictor({.max_seq_length = 8, .strict = true});
  lines.add("w0");
  EXPECT_EQ(message_of([&] { lines.add("w0 w1 w2 w0 w1 w2 w0"); }),
            "lines:2: 9 tokens, 8 are read: shorten it, or let it be cut by leaving out --strict");
  EXPECT_EQ(texts_, std::vector<std::string>{"w0"});
}

TEST_F(Predict, WithoutLinesThereIsNothingToAnswer) {
  auto lines = predictor();
  EXPECT_EQ(message_of([&] { lines.finish(); }),
            "lines holds no line: a line is one text, or two with a separator between");
}

}  // namespace
}  // namespace rpp
