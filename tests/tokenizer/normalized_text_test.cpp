#include "tokenizer/normalized_text.h"

#include <gmock/gmock.h>

#include "core/rng.h"
#include "tokenizer/basic_tokenizer.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

using testing::ElementsAre;

std::vector<std::string> words_of(std::string_view text, const TextRules& rules) {
  WordList words;
  split_words_into(text, rules, words);
  std::vector<std::string> result;
  for (const WordList::Word& word : words.words) result.emplace_back(words.text(word));
  return result;
}

// BertNormalizer and BertPreTokenizer of tokenizers 0.23.3, where Google's code gives other words.
TEST(NormalizedText, DiffersFromGooglesCodeAsTheLibraryDoes) {
  EXPECT_THAT(words_of("a\u039f\u03a3 \u03a3", {}),
              ElementsAre("a\u03bf\u03c3", "\u03c3"));                 // no final sigma
  EXPECT_THAT(words_of("x\ue000y\U000f0000", {}), ElementsAre("xy"));  // private use
  EXPECT_THAT(words_of("a\u0890b", {}), ElementsAre("a\u0890b"));      // category Cf since Unicode 14
  EXPECT_THAT(words_of("a\U0002B820b", {}), ElementsAre("a\U0002B820b"));
  EXPECT_THAT(words_of("a\U0002B920b", {}), ElementsAre("a", "\U0002B920", "b"));
  EXPECT_THAT(words_of("a\u2e52b", {}), ElementsAre("a\u2e52b"));  // punctuation since Unicode 14
  EXPECT_THAT(words_of("a\u08cab", {}), ElementsAre("a\u08cab"));  // a mark since Unicode 14
}

TEST(NormalizedText, SourcesAreTheCharactersOfTheText) {
  const NormalizedText text = normalize_text("\u00c9\u200b\u4e2d", {});
  EXPECT_EQ(text.chars, U"e \u4e2d ");
  EXPECT_THAT(text.sources, ElementsAre(TextSpan{0, 2}, TextSpan{5, 8}, TextSpan{5, 8}, TextSpan{5, 8}));
}

TEST(NormalizedText, TheTableGivesTheWordsOfTheCodePoints) {
  const std::u32string alphabet =
      U"aA "
      U"\u00e9\u00c9e\u0301\u0316\u03a3\u0130,"
      U"\u4e2d\u200b\u00a0\u0001\t\v\u0085\u037e\u1e9b\u08ca\ue000\u05b0\u0345\U0001F600";
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Rng rng(seed);
    std::string text;
    for (int i = 0; i < 30; ++i) append_utf8(alphabet[rng.below(alphabet.size())], text);
    const TextRules rules = {.separate_ideographs = rng.below(2) == 0,
                             .strip_accents = rng.below(2) == 0,
                             .lower_case = rng.below(2) == 0};
    WordList words, expected;
    split_words_into(text, rules, words);
    append_words_by_code_point(text, rules, expected);
    ASSERT_EQ(words.bytes, expected.bytes) << text;
    ASSERT_EQ(words.words.size(), expected.words.size()) << text;
  }
}

TEST(NormalizedText, BytesThatAreNotUtf8AreDropped) {
  EXPECT_THAT(words_of("a\xff\xc3"
                       "b",
                       {}),
              ElementsAre("ab"));
}

}  // namespace
}  // namespace rpp
