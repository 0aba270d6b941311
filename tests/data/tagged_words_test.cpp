#include "data/tagged_words.h"

#include <gtest/gtest.h>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

using Names = std::vector<std::string>;

class TaggedWordsFile : public testing::Test {
 protected:
  std::vector<TaggedWords> read(const std::string& name, std::string_view text,
                                Tags tags = Tags::read) const {
    std::vector<TaggedWords> sentences;
    read_tagged_words(dir_.write(name, text), config_, tags,
                      [&](TaggedWords&& sentence) { sentences.push_back(std::move(sentence)); });
    return sentences;
  }
  // The error message, starting at the file's name.
  std::string message(const std::string& name, std::string_view text, Tags tags = Tags::read) const {
    const std::string whole = message_of([&] { read(name, text, tags); });
    return whole.substr(std::min(whole.find(name), whole.size()));
  }

  const TestDir dir_{testing::UnitTest::GetInstance()->current_test_info()->name()};
  CustomTaskConfig config_{.token_classification = true};
};

TEST_F(TaggedWordsFile, ColumnsAreAWordAndItsTagWithBlankLinesBetweenSentences) {
  const auto sentences = read("a.conll",
                              "-DOCSTART- -X- O O\n\nAnna NNP I-NP B-PER\nruns VBZ I-VP O  \r\n\n \n"
                              "-DOCSTART- -X- O O\nRome NNP I-NP B-LOC");
  ASSERT_EQ(sentences.size(), 2U);
  EXPECT_EQ(sentences[0].words, (Names{"Anna", "runs"}));
  EXPECT_EQ(sentences[0].tags, (Names{"B-PER", "O"}));
  EXPECT_EQ(sentences[0].lines, (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(sentences[1].words, (Names{"Rome"}));
  EXPECT_EQ(sentences[1].lines, (std::vector<int64_t>{8}));
}

TEST_F(TaggedWordsFile, ALineWithATabIsSplitAtTabs) {
  const auto sentences = read("a.txt", "\xef\xbb\xbfNew York\tB-LOC\n10 000\tO\n");
  ASSERT_EQ(sentences.size(), 1U);
  EXPECT_EQ(sentences[0].words, (Names{"New York", "10 000"}));
}

TEST_F(TaggedWordsFile, OtherColumnsAreChosen) {
  config_.word_column = 1;
  config_.tag_column = -2;
  const auto sentences = read("a.tsv", "1\tAnna\tPROPN\tPER\n2\truns\tVERB\t_\n");
  ASSERT_EQ(sentences.size(), 1U);
  EXPECT_EQ(sentences[0].words, (Names{"Anna", "runs"}));
  EXPECT_EQ(sentences[0].tags, (Names{"PROPN", "VERB"}));
}

TEST_F(TaggedWordsFile, JsonLinesHaveAListOfWordsAndOneOfTags) {
  const auto sentences =
      read("a.jsonl",
           "{\"tokens\": [\"Anna\", \"runs\"], \"ner_tags\": [\"B-PER\", \"O\"], \"tags\": 1}\n\n"
           "{\"tokens\": [\"Rome\"], \"tags\": [\"B-LOC\"]}\n{\"tokens\": [], \"tags\": []}\n");
  ASSERT_EQ(sentences.size(), 3U);
  EXPECT_EQ(sentences[0].words, (Names{"Anna", "runs"}));
  EXPECT_EQ(sentences[0].tags, (Names{"B-PER", "O"}));
  EXPECT_EQ(sentences[1].tags, (Names{"B-LOC"}));
  EXPECT_EQ(sentences[1].lines, (std::vector<int64_t>{3}));
  EXPECT_TRUE(sentences[2].words.empty());
}

TEST_F(TaggedWordsFile, KeysOfJsonLinesAreChosen) {
  config_.tokens = "words";
  config_.tags = "pos";
  EXPECT_EQ(read("a.jsonl", "{\"words\": [\"a\"], \"pos\": [\"X\"], \"ner_tags\": [\"O\"]}\n").at(0).tags,
            (Names{"X"}));
}

TEST_F(TaggedWordsFile, WordsToBePredictedNeedNoTags) {
  const auto columns = read("a.txt", "Anna\nruns\n\nRome\n", Tags::ignored);
  ASSERT_EQ(columns.size(), 2U);
  EXPECT_EQ(columns[0].words, (Names{"Anna", "runs"}));
  EXPECT_TRUE(columns[0].tags.empty());
  EXPECT_EQ(read("a.jsonl", "{\"tokens\": [\"Anna\"]}\n", Tags::ignored).at(0).words, (Names{"Anna"}));
}

TEST_F(TaggedWordsFile, BadLinesOfColumnsAreNamed) {
  EXPECT_EQ(message("a.conll", "Anna B-PER\nruns\n"),
            "a.conll:2: one column, 'runs': write a word, a blank or tab, and its tag");
  EXPECT_EQ(
      message("a.conll", "Anna B-PER\nNew York B-LOC\n"),
      "a.conll:2: 3 columns, the lines before have 2: separate them all by tabs if words contain blanks");
  EXPECT_EQ(message("a.conll", "Anna\tx\tO\n\tx\tO\n"),
            "a.conll:2: a word is empty: give each word a text and a tag");
  EXPECT_EQ(message("a.conll", "An\x01na O\n"),
            "a.conll:1: the word \"An\\u0001na\" holds a control character: remove it");
  EXPECT_EQ(message("a.conll", "Anna \xff\n").substr(0, 9), "a.conll:1");
  config_.tag_column = 4;
  EXPECT_EQ(
      message("a.conll", "Anna B-PER\n"),
      "a.conll:1: 2 columns, but custom.tag_column is 4: set it to a column of the file, counted from 0");
  config_.tag_column = 0;
  EXPECT_EQ(message("a.conll", "Anna B-PER\n"),
            "a.conll:1: custom.word_column and custom.tag_column are the same column: change one of them");
}

TEST_F(TaggedWordsFile, BadJsonLinesAreNamed) {
  EXPECT_EQ(message("a.jsonl", "{\"tokens\": [\"a\", \"b\"], \"tags\": [\"O\"]}\n"),
            "a.jsonl:1: 2 words in 'tokens', but 1 tags in 'tags': give each word one");
  EXPECT_EQ(message("a.jsonl", "{\"words\": [\"a\"], \"tags\": [\"O\"]}\n"),
            "a.jsonl:1: no key 'tokens' among words, tags: name it in custom.tokens or custom.tags");
  EXPECT_EQ(message("a.jsonl", "{\"tokens\": [\"a\"]}\n"),
            "a.jsonl:1: no key 'ner_tags' among tokens: name it in custom.tokens or custom.tags");
  EXPECT_EQ(message("a.jsonl", "{\"tokens\": \"a b\", \"tags\": [\"O\"]}\n"),
            "a.jsonl:1: 'tokens' is no list of texts");
  EXPECT_EQ(message("a.jsonl", "{\"tokens\": [\"a\"], \"tags\": [3]}\n"),
            "a.jsonl:1: 'tags' holds 3, no text: write the names of the tags, not their numbers");
  EXPECT_EQ(message("a.jsonl", "{\"tokens\": [\"a\\tb\"], \"tags\": [\"O\"]}\n"),
            "a.jsonl:1: the word \"a\\tb\" holds a control character: remove it");
  EXPECT_EQ(message("a.jsonl", "{\"tokens\": [\"a\"], \"tags\": [\"\"]}\n"),
            "a.jsonl:1: a tag is empty: give each word a text and a tag");
}

TEST_F(TaggedWordsFile, AFileWithoutSentencesIsRefused) {
  for (const char* text : {"", "\n\n", "-DOCSTART- -X- O O\n\n"}) {
    EXPECT_EQ(message("a.conll", text),
              "a.conll has no sentences: write one word and its tag per line, or a .jsonl with an object per "
              "sentence");
  }
  EXPECT_EQ(message("a.jsonl", "\n").substr(0, 24), "a.jsonl has no sentences");
}

}  // namespace
}  // namespace rpp
