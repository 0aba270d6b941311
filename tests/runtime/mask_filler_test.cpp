#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/fake_tokenizer.h"
#include "exported_model.h"
#include "io/safetensors.h"
#include "rpp/answerer.h"

namespace rpp {
namespace {

using testing::HasSubstr;

class MaskFilling : public testing::Test {
 protected:
  std::vector<Answer> fill(const std::vector<std::string>& texts) {
    const auto filler = make_answerer(model_, tokenizer_, 12);
    EXPECT_EQ(filler->answer_name(), "token");
    for (const std::string& text : texts) filler->add({.text = text});
    return filler->answer_added();
  }

  std::string refused(const TextLine& line) {
    return message_of([&] { make_answerer(model_, tokenizer_, 12)->add(line); });
  }

  // The model's probabilities for the third of these five tokens.
  std::vector<double> probabilities(const std::vector<int32_t>& ids) {
    Session session(model_);
    const std::vector<int32_t> positions = {2}, bounds = {0, 5};
    session.encode({.input_ids = ids, .token_type_ids = {}, .cu_seqlens = bounds});
    std::vector<double> values;
    double sum = 0;
    for (const float logit : session.mlm_logits(positions)) sum += values.emplace_back(std::exp(logit));
    for (double& value : values) value /= sum;
    return values;
  }

  FakeTokenizer tokenizer_{100};
  std::shared_ptr<const RuntimeModel> model_ = exported(golden_dir());
};

TEST_F(MaskFilling, TheMostLikelyTokensComeFirst) {
  const auto wanted = probabilities({2, 5, 4, 11, 3});  // [CLS] w0 [MASK] w3 [SEP]
  const auto answers = fill({"w0 [MASK] w3"});
  const auto& scores = answers.at(0).scores;
  ASSERT_EQ(scores.size(), 20U);
  double last = 1;
  for (const auto& [token, probability] : scores) {
    size_t id = 0;
    while (tokenizer_.piece(static_cast<int32_t>(id)) != token) ASSERT_LT(++id, 100U);
    EXPECT_NEAR(probability, wanted[id], 1e-6);
    EXPECT_LE(probability, last);
    last = probability;
  }
  EXPECT_NEAR(scores.front().second, *std::max_element(wanted.begin(), wanted.end()), 1e-6);
}

TEST_F(MaskFilling, EmbeddingRowsWithoutATokenAreNotAnswersButKeepTheirProbability) {
  const auto wanted = probabilities({2, 5, 4, 11, 3});  // of 100 rows
  const FakeTokenizer fewer(60);
  const auto filler = make_answerer(model_, fewer, 12);
  filler->add({.text = "w0 [MASK] w3"});
  const auto answers = filler->answer_added();
  double largest = 0;
  for (size_t id = 0; id < 60; ++id) largest = std::max(largest, wanted[id]);
  EXPECT_NEAR(answers.at(0).scores.front().second, largest, 1e-6);
}

// Without word embeddings and biases all tokens have the same probability.
TEST_F(MaskFilling, TokensOfEqualProbabilityAreOrderedById) {
  const TestDir dir("mask_filling_tie");
  const SafetensorsFile golden(golden_dir() / "model.safetensors");
  std::vector<TensorView> tensors = golden.tensors();
  const std::vector<std::byte> zeros(1 << 16);
  for (TensorView& tensor : tensors) {
    if (tensor.name.ends_with("word_embeddings.weight") || tensor.name == "cls.predictions.bias")
      tensor.data = std::span(zeros).first(tensor.data.size());
  }
  save_safetensors(dir / "model.safetensors", tensors);
  std::filesystem::copy(golden_dir() / "config.json", dir / "config.json");
  const auto filler = make_answerer(exported(dir.path()), tokenizer_, 12);
  filler->add({.text = "w0 [MASK] w3"});
  const auto answers = filler->answer_added();
  const auto& scores = answers.at(0).scores;
  for (size_t i = 0; i < scores.size(); ++i) {
    EXPECT_EQ(scores[i].first, tokenizer_.piece(static_cast<int32_t>(i)));
    EXPECT_DOUBLE_EQ(scores[i].second, 0.01);
  }
}

TEST_F(MaskFilling, EveryTextIsFilledAtItsOwnMask) {
  const auto together = fill({"w0 [MASK] w3", "[MASK]", "w1 w2 [MASK]"});
  ASSERT_EQ(together.size(), 3U);
  for (const auto& [text, index] : {std::pair("[MASK]", 1), std::pair("w1 w2 [MASK]", 2)}) {
    EXPECT_EQ(together[static_cast<size_t>(index)].scores, fill({text}).at(0).scores);
  }
  EXPECT_NE(together[1].scores, together[2].scores);
}

TEST_F(MaskFilling, ATextWithoutExactlyOneMaskIsRefused) {
  EXPECT_THAT(refused({.text = "w0 w1"}), HasSubstr("no [MASK]"));
  EXPECT_THAT(refused({.text = "[MASK] w1 [MASK]"}), HasSubstr("more than one [MASK]"));
  EXPECT_THAT(refused({.text = "[MASK]", .text_pair = "w1"}), HasSubstr("fills the [MASK] of one"));
  EXPECT_THAT(refused({.text = "w0 w0 w0 w0 w0 w0 w0 w0 w0 w0 [MASK]"}), HasSubstr("13 tokens, 12 are read"));
  EXPECT_EQ(refused({.text = "w0 w0 w0 w0 w0 w0 w0 w0 w0 [MASK]"}), "no error");
}

TEST_F(MaskFilling, ManyTextsAreProcessedInSmallPasses) {
  std::vector<std::string> texts = {"[MASK]"};  // so that pass boundaries differ from the list's repetition
  for (int i = 0; i < 500; ++i) texts.insert(texts.end(), {"w0 [MASK] w3", "w1 [MASK]", "[MASK]"});
  const auto answers = fill(texts);  // 6000 tokens
  const auto expected = fill({texts[0], texts[1], texts[2]});
  ASSERT_EQ(answers.size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) ASSERT_EQ(answers[i].scores, expected[i % 3].scores) << i;
}

TEST_F(MaskFilling, AnswersAreReturnedOnce) {
  const auto filler = make_answerer(model_, tokenizer_, 12);
  filler->add({.text = "w0 [MASK] w3"});
  EXPECT_EQ(filler->answer_added().size(), 1U);
  EXPECT_TRUE(filler->answer_added().empty());
  filler->add({.text = "[MASK]"});
  const auto answers = filler->answer_added();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].scores, fill({"[MASK]"}).at(0).scores);
}

}  // namespace
}  // namespace rpp
