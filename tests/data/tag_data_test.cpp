#include "data/tag_data.h"

#include <gtest/gtest.h>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

using Names = std::vector<std::string>;

class TagData : public testing::Test {
 protected:
  TagData() {
    config_.task = "custom";
    config_.custom.token_classification = true;
    config_.data_dir = dir_.path();
    config_.max_seq_length = 16;
    dir_.write("train.conll", "w1 O\nw2 B-PER\nw3 I-PER\n\nw4 B-LOC\n\nw5 O\n");
    dir_.write("dev.txt", "w1 B-PER\n");
  }
  TagSet load(std::string_view split) const {
    return load_tags(config_, tag_labels(config_), split, FakeTokenizer());
  }
  std::string message(const std::function<void()>& act) const {
    const std::string whole = message_of(act), directory = (dir_.path() / "").string();
    const size_t at = whole.find(directory);
    return at == std::string::npos ? whole : whole.substr(0, at) + whole.substr(at + directory.size());
  }

  const TestDir dir_{testing::UnitTest::GetInstance()->current_test_info()->name()};
  FinetuneConfig config_;
};

TEST_F(TagData, LabelsAreTheTagsOfTheTrainingFilesSorted) {
  EXPECT_EQ(tag_labels(config_), (Names{"B-LOC", "B-PER", "I-PER", "O"}));
  config_.custom.labels = {"O", "B-PER", "I-PER", "B-LOC", "I-LOC"};
  EXPECT_EQ(tag_labels(config_), config_.custom.labels);
}

TEST_F(TagData, TagsAreClassesOfTheLabels) {
  const TagSet train = load("train");
  ASSERT_EQ(train.sentences.size(), 3U);
  EXPECT_EQ(train.sentences[0].tags, (std::vector<int32_t>{3, 1, 2}));
  EXPECT_EQ(train.encoded[0].ids, (std::vector<int32_t>{2, 7, 9, 11, 3}));
  EXPECT_EQ(load("dev").sentences[0].tags, (std::vector<int32_t>{1}));
}

TEST_F(TagData, ATestFileIsReadWithoutTags) {
  EXPECT_TRUE(load("test").sentences.empty());
  dir_.write("test.jsonl", "{\"tokens\": [\"w1\"], \"ner_tags\": [\"never seen\"]}\n");
  const TagSet test = load("test");
  EXPECT_EQ(test.sentences.at(0).words, (Names{"w1"}));
  EXPECT_TRUE(test.sentences[0].tags.empty());
}

TEST_F(TagData, ASampleHasTheRequestedSize) {
  config_.max_train_samples = 2;
  EXPECT_EQ(load("train").encoded.size(), 2U);
}

TEST_F(TagData, ATagThatIsNoLabelIsNamed) {
  dir_.write("dev.txt", "w1 O\n\nw2 B-ORG\n");
  EXPECT_EQ(
      message([&] { load("dev"); }),
      "dev.txt:3: unknown tag 'B-ORG' (expected B-LOC, B-PER, I-PER, O): correct it, or list all tags in "
      "custom.labels");
}

TEST_F(TagData, OneTagAloneIsNoClassification) {
  dir_.write("train.conll", "w1 O\nw2 O\n");
  EXPECT_EQ(message([&] { tag_labels(config_); }),
            "train.conll: 1 different tags: a classification needs two");
}

TEST_F(TagData, MissingFilesAreNamed) {
  std::filesystem::remove(dir_ / "dev.txt");
  EXPECT_EQ(
      message_of([&] { load("dev"); }),
      fmt::format("no dev.conll, dev.txt, dev.tsv or dev.jsonl (or .zst, .gz) in data_dir {}: name it in "
                  "dev_files",
                  dir_.path().string()));
  config_.dev_files = {"absent.conll"};
  EXPECT_NE(message_of([&] { load("dev"); }).find("absent.conll"), std::string::npos);
}

}  // namespace
}  // namespace rpp
