// Expected values: TokenClassificationPipeline of transformers 5.17 with the same files, its offsets in
// bytes.
#include "runtime/tagger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bert_format/model_export.h"
#include "data/fake_tokenizer.h"
#include "tagged_model.h"

namespace rpp {
namespace {

using testing::HasSubstr;

struct Found {
  uint32_t begin = 0, end = 0;
  std::string label;
  double score = 0;
};

class Tagging : public testing::Test {
 protected:
  Tagging() { make_tagged_model(dir_); }

  std::vector<Entity> tag(const std::string& text, Aggregation aggregation) {
    const auto loaded = model();
    const auto tagger = make_tagger(loaded, *tokenizer_, 24, aggregation);
    EXPECT_EQ(tagger->answer_name(), "entities");
    tagger->add({.text = text});
    return tagger->answer_added().at(0).entities;
  }
  std::shared_ptr<const RuntimeModel> model() {
    const auto model = exported(dir_.path());
    tokenizer_ = make_tokenizer(model->file());
    return model;
  }

  TestDir dir_{"tagging"};
  std::unique_ptr<Tokenizer> tokenizer_;
};

void expect_equal(const std::vector<Entity>& found, const std::vector<Found>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].span, (TextSpan{wanted[i].begin, wanted[i].end})) << i;
    EXPECT_EQ(found[i].label, wanted[i].label) << i;
    EXPECT_NEAR(found[i].score, wanted[i].score, 1e-5) << i;
  }
}

TEST_F(Tagging, TokensKeepTheirTags) {
  expect_equal(tag(kTaggedText, Aggregation::none), {{0, 4, "I-PER", 0.726557},
                                                     {4, 7, "I-PER", 0.751407},
                                                     {7, 9, "I-PER", 0.425825},
                                                     {10, 13, "I-PER", 0.633158},
                                                     {14, 19, "I-PER", 0.515417},
                                                     {20, 22, "B-PER", 0.414646},
                                                     {23, 26, "I-PER", 0.442418},
                                                     {27, 31, "B-PER", 0.3631},
                                                     {31, 33, "I-PER", 0.512096},
                                                     {33, 34, "I-PER", 0.681547},
                                                     {34, 35, "I-PER", 0.638427},
                                                     {36, 40, "B-PER", 0.532153},
                                                     {40, 43, "I-PER", 0.651113},
                                                     {44, 47, "B-PER", 0.513912},
                                                     {47, 48, "I-PER", 0.915688}});
}

TEST_F(Tagging, NeighboursAreJoined) {
  expect_equal(tag(kTaggedText, Aggregation::simple), {{0, 19, "PER", 0.610473},
                                                       {20, 26, "PER", 0.428532},
                                                       {27, 35, "PER", 0.548792},
                                                       {36, 43, "PER", 0.591633},
                                                       {44, 48, "PER", 0.7148}});
}

TEST_F(Tagging, WordsHaveOneTag) {
  expect_equal(tag(kTaggedText, Aggregation::first), {{0, 19, "PER", 0.625044},
                                                      {20, 26, "PER", 0.428532},
                                                      {27, 35, "PER", 0.500763},
                                                      {36, 43, "PER", 0.532153},
                                                      {44, 48, "PER", 0.7148}});
  expect_equal(tag(kTaggedText, Aggregation::average),
               {{0, 19, "PER", 0.59439}, {20, 43, "PER", 0.481399}, {44, 48, "PER", 0.7148}});
  expect_equal(tag(kTaggedText, Aggregation::max),
               {{0, 19, "PER", 0.633327}, {20, 43, "PER", 0.56563}, {44, 48, "PER", 0.7148}});
}

// U+0301 belongs to no token, but to the word; an unknown token is a word of its own.
TEST_F(Tagging, ACombiningMarkAndAnUnknownCharacter) {
  const std::string text = "e\u0301e Zurich? kims paris";
  expect_equal(tag(text, Aggregation::none), {{0, 1, "I-PER", 0.8994},
                                              {5, 8, "B-PER", 0.521376},
                                              {8, 11, "I-PER", 0.444738},
                                              {11, 12, "I-PER", 0.769986},
                                              {13, 16, "B-PER", 0.469838}});
  expect_equal(tag(text, Aggregation::first),
               {{0, 4, "PER", 0.8994}, {5, 12, "PER", 0.645681}, {13, 17, "PER", 0.469838}});
  expect_equal(tag(text, Aggregation::average), {{0, 4, "PER", 0.639123}, {5, 12, "PER", 0.600463}});
}

TEST_F(Tagging, ALongTextIsCutAndCounted) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "Anna ";
  const auto loaded = model();
  const auto tagger = make_answerer(loaded, *tokenizer_, 24);
  const auto added = tagger->add({.text = text});
  EXPECT_EQ(added.tokens, 24);
  EXPECT_EQ(added.cut_tokens, 8);
  expect_equal(tagger->answer_added().at(0).entities, {{0, 34, "PER", 0.55144}, {40, 109, "PER", 0.571998}});
}

TEST_F(Tagging, ATextDoesNotDependOnItsNeighbours) {
  const auto loaded = model();
  const auto tagger = make_answerer(loaded, *tokenizer_, 24);
  for (const char* text : {"", kTaggedText, "paris", kTaggedText}) tagger->add({.text = text});
  const auto answers = tagger->answer_added();
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_TRUE(answers[0].entities.empty());
  for (const size_t i : {1U, 3U}) {
    ASSERT_EQ(answers[i].entities.size(), 5U);
    EXPECT_NEAR(answers[i].entities[4].score, 0.7148, 1e-5);
    EXPECT_EQ(answers[i].entities[4].span, (TextSpan{44, 48}));
  }
  EXPECT_TRUE(tagger->answer_added().empty());
}

// WordPiece that says it is another kind of tokenizer.
class Renamed : public Tokenizer {
 public:
  explicit Renamed(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}
  void encode_into(std::string_view text, std::vector<int32_t>& ids) const override {
    tokenizer_.encode_into(text, ids);
  }
  EncodedText encode_with_offsets(std::string_view text) const override {
    return tokenizer_.encode_with_offsets(text);
  }
  bool is_continuation(int32_t id) const override { return tokenizer_.is_continuation(id); }
  std::string_view piece(int32_t id) const override { return tokenizer_.piece(id); }
  int32_t size() const override { return tokenizer_.size(); }
  const SpecialTokens& special() const override { return tokenizer_.special(); }
  std::string identity() const override { return "sentencepiece\n"; }
  void save(const std::filesystem::path&) const override {}

 private:
  const Tokenizer& tokenizer_;
};

// The pipeline's rule for tokenizers without "##".
TEST_F(Tagging, WithoutContinuationMarksBlanksSeparateWords) {
  const auto loaded = model();
  const Renamed renamed(*tokenizer_);
  const auto by_blanks = make_tagger(loaded, renamed, 24, Aggregation::first);
  by_blanks->add({.text = "Annabelle Kim,kim in new"});
  expect_equal(by_blanks->answer_added().at(0).entities, {{0, 17, "PER", 0.633549}});
  const auto by_marks = make_tagger(loaded, *tokenizer_, 24, Aggregation::first);
  by_marks->add({.text = "Annabelle Kim,kim in new"});
  expect_equal(by_marks->answer_added().at(0).entities, {{0, 14, "PER", 0.653492}});
}

TEST_F(Tagging, OtherModelsAndPairsAreRefused) {
  const auto loaded = model();
  EXPECT_THAT(
      message_of([&] { make_answerer(loaded, *tokenizer_, 24)->add({.text = "a", .text_pair = "b"}); }),
      HasSubstr("a pair of texts: this model tags the words of one"));
  const auto classifier = exported(golden_dir() / "classifier");
  EXPECT_THAT(message_of([&] { make_tagger(classifier, *tokenizer_, 24, Aggregation::simple); }),
              HasSubstr("does not tag words: take a BertForTokenClassification"));
}

TEST_F(Tagging, AsManyLabelsAsTheClassifierHasRowsAreNeeded) {
  auto config = nlohmann::json::parse(read_file(dir_ / "config.json"));
  config["id2label"] = {{"0", "O"}, {"1", "B-PER"}};
  dir_.write("config.json", config.dump());
  EXPECT_THAT(message_of([&] { tag("paris", Aggregation::simple); }),
              HasSubstr("config.json names 2 labels (O, B-PER), but the classifier has 3 rows"));
}

}  // namespace
}  // namespace rpp
