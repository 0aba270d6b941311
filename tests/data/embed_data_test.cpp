#include "data/embed_data.h"

#include <gtest/gtest.h>

#include "data/fake_tokenizer.h"
#include "message_of.h"
#include "rpp/error.h"

namespace rpp::test {
namespace {

class EmbedDataTest : public testing::Test {
 protected:
  EmbedDataTest() {
    config_.task = kEmbedTask;
    config_.max_seq_length = 8;
    config_.train_files = {dir_.write("texts.txt", "one text\n\n  \nanother text here\n").string()};
  }

  EmbedData load() const { return load_embed_data(config_, tokenizer_); }

  TestDir dir_{"embed_data"};
  FakeTokenizer tokenizer_;
  FinetuneConfig config_;
};

TEST_F(EmbedDataTest, EachLineIsATextAndBlankLinesAreSkipped) {
  const EmbedData data = load();
  EXPECT_EQ(data.train.size(), 2U);
  EXPECT_TRUE(data.similarity.first.empty());
  EXPECT_TRUE(data.retrieval.queries.empty());
}

TEST_F(EmbedDataTest, PairsAreReadAsStsB) {
  config_.dev_files = {
      dir_.write("sts.tsv", "sentence1\tsentence2\tscore\na b\ta c\t4.5\nx\ty\t0\n").string()};
  const EmbedData data = load();
  EXPECT_EQ(data.similarity.first.size(), 2U);
  EXPECT_EQ(data.similarity.second.size(), 2U);
  EXPECT_EQ(data.similarity.scores, (std::vector<double>{4.5, 0}));
}

TEST_F(EmbedDataTest, QueriesWithTheSameDocumentShareIt) {
  config_.embed.retrieval = dir_.write("pairs.tsv", "who\tdoc a\nwhat\tdoc b\nwhere\tdoc a\n").string();
  const EmbedData data = load();
  EXPECT_EQ(data.retrieval.queries.size(), 3U);
  EXPECT_EQ(data.retrieval.documents.size(), 2U);
  EXPECT_EQ(data.retrieval.answers, (std::vector<int64_t>{0, 1, 0}));
}

TEST_F(EmbedDataTest, ASampleOfTheQueriesIsSearchedInAllDocuments) {
  config_.embed.retrieval = dir_.write("pairs.tsv", "q1\ta\nq2\tb\nq3\tc\nq4\td\n").string();
  config_.max_eval_samples = 2;
  const EmbedData data = load();
  EXPECT_EQ(data.retrieval.queries.size(), 2U);
  EXPECT_EQ(data.retrieval.documents.size(), 4U);
}

TEST_F(EmbedDataTest, QuestionsOfSquadAreQueriesOfTheirParagraphs) {
  config_.embed.retrieval = dir_.write("squad.json",
                                       R"({"data": [{"title": "t", "paragraphs": [
                   {"context": "the sky is blue", "qas": [{"id": "1", "question": "which colour", "answers": [{"text": "blue", "answer_start": 11}]}]},
                   {"context": "grass is green", "qas": [{"id": "2", "question": "and grass", "answers": [{"text": "green", "answer_start": 9}]}]}]}]})")
                                .string();
  const EmbedData data = load();
  EXPECT_EQ(data.retrieval.documents.size(), 2U);
  EXPECT_EQ(data.retrieval.answers, (std::vector<int64_t>{0, 1}));
}

TEST_F(EmbedDataTest, AQueryWithoutADocumentIsNamed) {
  config_.embed.retrieval = dir_.write("pairs.tsv", "who\tdoc a\nalone\n").string();
  EXPECT_EQ(message_of([&] { load(); }),
            config_.embed.retrieval + ": 'alone' has no document: a line is a query, a tab and a document");
}

TEST_F(EmbedDataTest, WithoutTextsThereIsNothingToLearnFrom) {
  config_.train_files = {};
  EXPECT_EQ(message_of([&] { load(); }),
            "train_files is not set: task embed learns from files with one text per line");
  config_.train_files = {dir_.write("blank.txt", "\n \n").string()};
  EXPECT_NE(message_of([&] { load(); }).find("hold no text"), std::string::npos);
}

}  // namespace
}  // namespace rpp::test
