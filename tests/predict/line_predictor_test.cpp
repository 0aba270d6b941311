#include "predict/line_predictor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"
#include "io/safetensors.h"
#include "message_of.h"
#include "rpp/session.h"

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

TEST_F(Predict, ReportsAfterEachFullPassAndAtTheEnd) {
  auto lines = predictor({.batch_tokens = 8});
  lines.add("w0 w1");  // 4 tokens with [CLS] and [SEP]
  EXPECT_TRUE(texts_.empty());
  lines.add("w1 w2");
  EXPECT_EQ(texts_.size(), 2U);
  lines.add("w2");
  EXPECT_EQ(texts_.size(), 2U);  // the next pass starts counting at its first line
  lines.finish();
  EXPECT_EQ(texts_, (std::vector<std::string>{"w0 w1", "w1 w2", "w2"}));
}

TEST_F(Predict, ACarriageReturnIsNotPartOfALine) {
  auto lines = predictor();
  lines.add("w0 w1\r");
  lines.finish();
  EXPECT_EQ(texts_, std::vector<std::string>{"w0 w1"});
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

TEST_F(Predict, AnEncoderWithoutAHeadOnlyEmbeds) {
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

TEST_F(Predict, ProbabilitiesDescendAndSumToOne) {
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

TEST_F(Predict, TruncatedLinesAreCounted) {
  auto lines = predictor({.max_seq_length = 8});
  lines.add("w0 w1 w2 w0 w1 w2");
  lines.add("w0 w1 w2 w0 w1 w2 w0 w1");
  EXPECT_EQ(lines.num_cut(), 1);
  EXPECT_EQ(lines.num_texts(), 2);
}

TEST_F(Predict, TextsAreTruncatedToTheFineTuningLength) {
  EXPECT_EQ(predictor().max_seq_length(), 24);  // the model's number of positions
  dir_.write("tokenizer_config.json", R"({"model_max_length": 9})");
  EXPECT_EQ(predictor().max_seq_length(), 9);
  EXPECT_EQ(predictor({.max_seq_length = 12}).max_seq_length(), 12);
  dir_.write("tokenizer_config.json", R"({"model_max_length": 512})");
  EXPECT_EQ(predictor().max_seq_length(), 24);
}

TEST_F(Predict, ADifferentNumberOfLabelsThanClassifierRowsIsRefused) {
  auto config = nlohmann::json::parse(read_file(dir_ / "config.json"));
  config["id2label"] = {{"0", "ham"}, {"1", "spam"}};
  dir_.write("config.json", config.dump());
  EXPECT_EQ(message_of([&] { predictor(); }),
            fmt::format(
                "{}: config.json names 2 labels (ham, spam), but the classifier has 3 rows: correct id2label",
                dir_.path()));
}

TEST_F(Predict, UnsupportedProblemTypesAreRefused) {
  const auto refusal_of = [&](const char* problem_type) {
    auto config = nlohmann::json::parse(read_file(dir_ / "config.json"));
    config["problem_type"] = problem_type;
    dir_.write("config.json", config.dump());
    return message_of([&] { predictor(); });
  };
  const std::string file = (dir_ / "config.json").string();
  EXPECT_EQ(refusal_of("regression"),
            file + ": problem_type is regression, but the classifier has 3 outputs instead of 1");
  EXPECT_EQ(refusal_of("ranking"),
            file +
                ": problem_type is ranking: only single_label_classification, multi_label_classification and "
                "regression are answered");
  EXPECT_EQ(refusal_of("multi_label_classification"), "no error");
  EXPECT_EQ(refusal_of("single_label_classification"), "no error");
}

// The golden classifier with one output, or as a tagger.
class OtherHeads : public Predict {
 protected:
  void keep_one_output() {
    const SafetensorsFile all(kClassifier / "model.safetensors");
    std::vector<TensorView> tensors = all.tensors();
    for (TensorView& tensor : tensors) {
      if (!tensor.name.starts_with("classifier.")) continue;
      tensor.data = tensor.data.first(tensor.data.size() / 3);
      tensor.shape[0] = 1;
    }
    save_safetensors(dir_ / "model.safetensors", tensors);
    change_config({{"id2label", nullptr}, {"label2id", nullptr}});
  }
  void change_config(const nlohmann::json& members) {
    auto config = nlohmann::json::parse(read_file(dir_ / "config.json"));
    config.merge_patch(members);
    dir_.write("config.json", config.dump());
  }
  void make_tagger() { change_config({{"architectures", {"BertForTokenClassification"}}}); }
};

TEST_F(OtherHeads, LinesForAQueryAreItsTexts) {
  keep_one_output();
  auto pairs = predictor({.rank = true});
  for (const char* line : {"w0 w1\tw2", "w0 w1\tw1 w1"}) pairs.add(line);
  pairs.finish();
  auto texts = predictor({.rank = true, .query = "w0 w1"});
  for (const char* line : {"w2", "w1 w1", "w1\tw1"}) texts.add(line);  // a tab is part of the text
  texts.finish();
  ASSERT_EQ(answers_.size(), 5U);
  EXPECT_NEAR(answers_[0].scores.front().second, 0.0972485, 1e-6);  // of transformers
  EXPECT_EQ(answers_[2].scores, answers_[0].scores);
  EXPECT_EQ(answers_[3].scores, answers_[1].scores);
  EXPECT_EQ(answers_[4].scores, answers_[1].scores);
  EXPECT_EQ(texts_.back(), "w0 w1");
}

TEST_F(OtherHeads, TheColumnOfATableIsRankedForAQuery) {
  keep_one_output();
  auto lines = predictor({.columns = {.text = "body"}, .rank = true, .query = "w0 w1"});
  for (const char* line : {"id\tbody", "1\tw2"}) lines.add(line);
  lines.finish();
  EXPECT_NEAR(answers_.at(0).scores.front().second, 0.0972485, 1e-6);
}

TEST_F(OtherHeads, OnlyOneLabelRanks) {
  EXPECT_THAT(message_of([&] { predictor({.rank = true}); }), testing::HasSubstr("does not rank texts"));
}

TEST_F(OtherHeads, ALineToTagIsOneText) {
  make_tagger();
  auto lines = predictor({.aggregation = Aggregation::none});
  EXPECT_EQ(lines.answer_name(), "entities");
  for (const char* line : {"w0\tw1", "w0 w1"}) lines.add(line);
  lines.finish();
  EXPECT_EQ(texts_.at(0), "w0\tw1");
  ASSERT_EQ(answers_.at(0).entities.size(), 2U);
  EXPECT_EQ(answers_[0].entities[1].span, (TextSpan{3, 5}));
  EXPECT_EQ(answers_[0].entities[1].score, answers_.at(1).entities.at(1).score);
}

TEST_F(OtherHeads, AnAggregationNeedsATagger) {
  EXPECT_THAT(message_of([&] { predictor({.aggregation = Aggregation::none}); }),
              testing::HasSubstr("does not tag words"));
}

TEST_F(Predict, LinesBeforeARefusedLineAreAnswered) {
  auto lines = predictor({.max_seq_length = 8, .strict = true});
  lines.add("w0");
  EXPECT_EQ(message_of([&] { lines.add("w0 w1 w2 w0 w1 w2 w0"); }),
            "lines:2: 9 tokens, 8 are read: shorten it, or allow truncation by leaving out --strict");
  EXPECT_EQ(texts_, std::vector<std::string>{"w0"});
}

TEST_F(Predict, EmptyInputGivesEmptyOutput) {
  auto lines = predictor();
  EXPECT_EQ(message_of([&] { lines.finish(); }),
            "lines holds no line: a line is one text, or two with a separator between");
}

TEST_F(Predict, ASeparatorInATextToEmbedIsKept) {
  auto lines = predictor({.embed = true});
  for (const char* line : {"w0\tw1", "w0 w1", "w0\tw1\tw2\t", "w0 w1 w2"}) lines.add(line);
  lines.finish();
  EXPECT_EQ(texts_.at(2), "w0\tw1\tw2\t");
  EXPECT_EQ(answers_.at(0).embedding, answers_.at(1).embedding);
  EXPECT_EQ(answers_.at(2).embedding, answers_.at(3).embedding);
}

// Records answers and errors in the order of their reports.
class Skip : public Predict {
 protected:
  PredictOptions skipping(PredictOptions options = {}) {
    options.skip = [this](int64_t line, const std::string& why) {
      texts_.push_back(fmt::format("{}: {}", line, why));
      answers_.emplace_back();
    };
    return options;
  }
  void run(LinePredictor lines, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) lines.add(text);
    lines.finish();
  }
  std::vector<std::pair<std::string, double>> scores_alone(const std::string& text) {
    const auto [texts, answers] = std::pair(texts_, answers_);
    run(predictor(), {text});
    const auto scores = answers_.back().scores;
    texts_ = texts, answers_ = answers;
    return scores;
  }
  // Texts with w2 overflow.
  void make_a_word_too_large() {
    SafetensorsFile all(kClassifier / "model.safetensors");
    std::vector<TensorView> tensors = all.tensors();
    std::vector<float> words;
    for (TensorView& tensor : tensors) {
      if (!tensor.name.ends_with("word_embeddings.weight")) continue;
      words.assign(tensor.as<float>().begin(), tensor.as<float>().end());
      std::fill_n(words.begin() + 7 * 32, 32, 3e38F);
      tensor.data = std::as_bytes(std::span(words));
    }
    save_safetensors(dir_ / "model.safetensors", tensors);
  }
};

TEST_F(Skip, ALineWithoutAnAnswerIsReportedInItsPlace) {
  auto lines = predictor(skipping({.max_seq_length = 8, .strict = true}));
  for (const char* line : {"w0", "w1 \xff", "a\tb\tc", "w0 w1 w2 w0 w1 w2 w0", "w1", "w2"}) lines.add(line);
  lines.finish();
  ASSERT_EQ(texts_.size(), 6U);
  EXPECT_EQ(texts_[0], "w0");
  EXPECT_THAT(texts_[1], testing::StartsWith("2: not valid UTF-8"));
  EXPECT_THAT(texts_[2], testing::StartsWith("3: more than one separator"));
  EXPECT_THAT(texts_[3], testing::StartsWith("4: 9 tokens, 8 are read"));
  EXPECT_EQ(answers_[4].scores, scores_alone("w1"));
  EXPECT_EQ(answers_[5].scores, scores_alone("w2"));
  EXPECT_EQ(lines.num_skipped(), 3);
  EXPECT_EQ(lines.num_texts(), 3);
}

TEST_F(Skip, ANonFiniteOutputIsReportedForItsLine) {
  make_a_word_too_large();
  auto lines = predictor(skipping());
  for (const char* line : {"w0", "w2 w1", "w1"}) lines.add(line);
  lines.finish();
  ASSERT_EQ(texts_.size(), 3U);
  EXPECT_EQ(answers_[0].scores, scores_alone("w0"));
  EXPECT_THAT(texts_[1], testing::HasSubstr("as a logit: its weights are finite"));
  EXPECT_EQ(answers_[2].scores, scores_alone("w1"));
  EXPECT_EQ(lines.num_skipped(), 1);
  EXPECT_EQ(lines.num_texts(), 2);
  texts_.clear();
  auto ending = predictor();
  for (const char* line : {"w0", "w2 w1", "w1"}) ending.add(line);
  EXPECT_THAT(message_of([&] { ending.finish(); }), testing::StartsWith("lines:2: "));
  EXPECT_EQ(texts_, std::vector<std::string>{"w0"});
}

TEST_F(Skip, AHeaderIsNotSkipped) {
  auto lines = predictor(skipping({.columns = {.text = "text"}}));
  EXPECT_THAT(message_of([&] { lines.add("txt"); }), testing::StartsWith("lines:1: no column 'text'"));
  run(predictor(skipping({.columns = {.text = "text"}})),
      {"{\"txt\": 1", R"({"text": "w0"})", R"({"t": "w0"})"});
  ASSERT_EQ(texts_.size(), 3U);
  EXPECT_THAT(texts_[0], testing::StartsWith("1: "));
  EXPECT_EQ(texts_[1], "w0");
  EXPECT_THAT(texts_[2], testing::StartsWith("3: no key 'text'"));
}

TEST_F(Skip, TheRunFailsWhenNoLineHasAnAnswer) {
  auto lines = predictor(skipping());
  lines.add("\xff");
  EXPECT_EQ(message_of([&] { lines.finish(); }), "lines: none of 1 lines could be answered");
}

}  // namespace
}  // namespace rpp
