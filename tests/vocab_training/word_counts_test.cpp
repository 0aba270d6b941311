#include "vocab_training/word_counts.h"

#include <gmock/gmock.h>

#include "core/rng.h"
#include "tokenizer/text_files.h"

namespace rpp {
namespace {

using testing::ElementsAre;
using testing::Pair;

using Counts = std::map<std::string, int64_t>;

class CountWords : public TextFiles {
 protected:
  WordCounts count(const std::string& text, const CountOptions& options = {.num_threads = 1}) const {
    TrainingText training_text({.inputs = {write("text.txt", text)}});
    return count_words(training_text, options);
  }
};

Counts by_word(const WordCounts& counts) {
  Counts sorted;
  for (const auto& [word, count] : counts.words) sorted[word] += count;
  EXPECT_EQ(sorted.size(), counts.words.size());
  return sorted;
}

std::string random_text(size_t num_words) {
  std::string text;
  Rng rng(1);
  for (size_t i = 0; i < num_words; ++i)
    text += fmt::format("w{}{}", rng.below(1 + rng.below(200)), i % 9 ? ' ' : '\n');
  return text;
}

TEST_F(CountWords, WordsMatchTheTokenizer) {
  EXPECT_THAT(by_word(count("The caf\u00e9,\nthe cat\n")),
              ElementsAre(Pair(",", 1), Pair("cafe", 1), Pair("cat", 1), Pair("the", 2)));
  EXPECT_THAT(by_word(count("The the", {.letter_case = LetterCase::keep})),
              ElementsAre(Pair("The", 1), Pair("the", 1)));
}

TEST_F(CountWords, WordsTooLongForTheTokenizerAreSkipped) {
  EXPECT_THAT(by_word(count(std::string(201, 'a') + " b")), ElementsAre(Pair("b", 1)));
  EXPECT_THAT(by_word(count(std::string(200, 'a') + " b")),
              ElementsAre(Pair(std::string(200, 'a'), 1), Pair("b", 1)));
}

TEST_F(CountWords, BlocksAndThreadsChangeNothing) {
  const std::string text = random_text(20'000);
  const auto whole = count(text);
  const auto in_blocks = count(text, {.num_threads = 3, .block_bytes = 500});
  EXPECT_EQ(by_word(in_blocks), by_word(whole));
  EXPECT_EQ(in_blocks.characters, whole.characters);
}

TEST_F(CountWords, DroppedWordsDoNotDependOnTheThreads) {
  const std::string text = random_text(20'000);
  const auto one = count(text, {.num_threads = 1, .max_words = 40, .block_bytes = 500});
  const auto three = count(text, {.num_threads = 3, .max_words = 40, .block_bytes = 500});
  EXPECT_LE(one.words.size(), 40U);
  EXPECT_EQ(by_word(one), by_word(three));
}

TEST_F(CountWords, TheRarerHalfIsDroppedButItsCharactersAreKept) {
  const auto counts = count("a a a b b c d d d d", {.num_threads = 1, .max_words = 3});
  EXPECT_THAT(by_word(counts), ElementsAre(Pair("a", 3), Pair("d", 4)));
  EXPECT_THAT(counts.characters, ElementsAre(Pair(U'a', 3), Pair(U'b', 2), Pair(U'c', 1), Pair(U'd', 4)));
  EXPECT_EQ(count("a a b c", {.num_threads = 1, .max_words = 3}).words.size(), 3U);
}

}  // namespace
}  // namespace rpp
