// Expected words come from BasicTokenizer.tokenize in google-research/bert's tokenization.py. The traps are
// inputs on which other tokenizers are known to differ from it.
#include "tokenizer/basic_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/rng.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;

std::vector<std::string> texts(const WordList& words) {
  std::vector<std::string> result;
  for (const WordList::Word& word : words.words) result.emplace_back(words.text(word));
  return result;
}

std::vector<std::string> split(std::string_view text, LetterCase letter_case) {
  WordList words;
  split_words_into(text, letter_case, words);
  return texts(words);
}

std::vector<std::string> lower(std::string_view text) {
  return split(text, LetterCase::lower);
}
std::vector<std::string> keep(std::string_view text) {
  return split(text, LetterCase::keep);
}

TEST(BasicTokenizer, SplitsAtBlanksAndPunctuation) {
  EXPECT_THAT(lower("Don't stop...\tNow!"), ElementsAre("don", "'", "t", "stop", ".", ".", ".", "now", "!"));
}

TEST(BasicTokenizer, KeepsTheCaseAndAccentsOnRequest) {
  EXPECT_THAT(keep("Na\u00efve Caf\u00e9"), ElementsAre("Na\u00efve", "Caf\u00e9"));
  EXPECT_THAT(lower("Na\u00efve Caf\u00e9"), ElementsAre("naive", "cafe"));
}

TEST(BasicTokenizer, AnEmptyOrBlankTextHasNoWords) {
  EXPECT_TRUE(lower("").empty());
  EXPECT_TRUE(lower(" \t\r\n\u3000").empty());
}

TEST(BasicTokenizer, CountsCharactersNotBytes) {
  WordList words;
  split_words_into("\u20ac\u00e9z", LetterCase::keep, words);
  ASSERT_EQ(words.words.size(), 1);
  EXPECT_EQ(words.words[0].num_chars, 3);
}

TEST(BasicTokenizer, ReplacesTheContentsOfTheOutputList) {
  WordList words;
  split_words_into("one two", LetterCase::keep, words);
  split_words_into("three", LetterCase::keep, words);
  EXPECT_THAT(texts(words), ElementsAre("three"));
}

TEST(BasicTokenizerTrap1, IdeographsFrom2B820To2B91FAreSeparated) {
  EXPECT_THAT(lower("a\U0002B820b\U0002B91Fc"), ElementsAre("a", "\U0002B820", "b", "\U0002B91F", "c"));
  EXPECT_THAT(lower("a\U0002CEAFb\U0002CEB0c"), ElementsAre("a", "\U0002CEAF", "b\U0002CEB0c"));
}

TEST(BasicTokenizerTrap2, ControlAndFormatCharactersAreRemovedPrivateAndUnassignedOnesStay) {
  EXPECT_THAT(keep("a\u200bb\u00adc\ufeffd e\ufffdf\0g\ah"sv), ElementsAre("abcd", "efgh"));
  EXPECT_THAT(keep("x\ue000y \u0378q"), ElementsAre("x\ue000y", "\u0378q"));
}

TEST(BasicTokenizerTrap3, TheWholeTokenIsLowercasedBeforeAccentsAreStripped) {
  EXPECT_THAT(lower("\u039f\u0394\u039f\u03a3. \u03a3\u0391\u03a3"),
              ElementsAre("\u03bf\u03b4\u03bf\u03c2", ".", "\u03c3\u03b1\u03c2"));
  // The letter after the full stop is in the same token, so this sigma is not final.
  EXPECT_THAT(lower("\u0391\u03a3.B"), ElementsAre("\u03b1\u03c3", ".", "b"));
  EXPECT_THAT(lower("\u0130STANBUL"), ElementsAre("istanbul"));
}

TEST(BasicTokenizerTrap6, WhiteSpaceIsZsAndThenWhatPythonsSplitTakes) {
  EXPECT_THAT(keep("a\u2028b\u2029c\u0085d\u00a0e\u3000f\u1680g\vh\x1ci\u180ej"),
              ElementsAre("a", "b", "cd", "e", "f", "ghij"));
}

TEST(BasicTokenizerTrap7, SpecialTokensInTheTextAreOrdinaryText) {
  EXPECT_THAT(lower("[MASK] [unused1]"), ElementsAre("[", "mask", "]", "[", "unused1", "]"));
  EXPECT_THAT(keep("[CLS]"), ElementsAre("[", "CLS", "]"));
}

TEST(BasicTokenizerTrap8, UncasedTextBeyondLatinIsLowercasedAndDecomposedAsInPython) {
  EXPECT_THAT(lower("\u1e9etra\u00dfe \u01c4ungla \u212bngstr\u00f6m \u2126mega \ufb01n \u1e9b\u0323"),
              ElementsAre("\u00dftra\u00dfe", "\u01c6ungla", "angstrom", "\u03c9mega", "\ufb01n", "\u017f"));
  EXPECT_THAT(lower("\uc544\uce68"), ElementsAre("\u110b\u1161\u110e\u1175\u11b7"));
  EXPECT_THAT(lower("\u0301\u0302 a"), ElementsAre("a"));
  EXPECT_THAT(keep("\u0301\u0302 a"), ElementsAre("\u0301\u0302", "a"));
}

TEST(BasicTokenizerTrap9, AsciiSymbolsArePunctuationOtherSymbolsAreNot) {
  EXPECT_THAT(keep("$+<=>^`|~"), ElementsAre("$", "+", "<", "=", ">", "^", "`", "|", "~"));
  EXPECT_THAT(keep("a\u20acb \u2014c\u00bfd\u00b6e"),
              ElementsAre("a\u20acb", "\u2014", "c", "\u00bf", "d", "\u00b6", "e"));
}

TEST(BasicTokenizerTrap9, DecompositionMayBringPunctuation) {
  EXPECT_THAT(lower("f\u037eg\u1fefh"), ElementsAre("f", ";", "g", "`", "h"));
  EXPECT_THAT(keep("f\u037eg\u1fefh"), ElementsAre("f", "\u037e", "g\u1fefh"));
}

// A third of the texts is mostly ASCII with some other characters, a third is below U+3000, a third also has
// invalid UTF-8, so that all paths occur within a line.
std::string random_text(Rng& rng) {
  static constexpr std::u32string_view kSpecial =
      U"\u03a3\u0130\u0301\u00ad\u2028\u0085\u00a0\u4e2d\ufffd\u1e9e\uac01\u037e\U0001F600\U0002B820\u302e"sv;
  const uint64_t kind_of_text = rng.below(3);
  std::string text;
  for (uint64_t length = rng.below(60); length > 0; --length) {
    if (rng.uniform() < 0.7) {
      text += static_cast<char>(rng.below(0x80));
    } else if (kind_of_text == 0) {
      append_utf8(rng.uniform() < 0.5 ? kSpecial[rng.below(kSpecial.size())] : rng.below(0xD800), text);
    } else if (kind_of_text == 1) {
      append_utf8(static_cast<char32_t>(rng.below(0x3000)), text);
    } else {
      text += static_cast<char>(rng.below(0x100));
    }
  }
  return text;
}

void expect_both_paths_equal(std::string_view text) {
  for (const LetterCase letter_case : {LetterCase::lower, LetterCase::keep}) {
    WordList fast;
    WordList slow;
    split_words_into(text, letter_case, fast);
    append_words_by_code_point(text, letter_case, slow);
    ASSERT_EQ(texts(fast), texts(slow)) << testing::PrintToString(text);
    for (size_t i = 0; i < fast.words.size(); ++i) {
      ASSERT_EQ(fast.words[i].num_chars, slow.words[i].num_chars) << testing::PrintToString(text);
    }
  }
}

TEST(BasicTokenizer, TheFastPathsEqualTheCodePointPathOnRandomText) {
  for (uint64_t sample = 0; sample < 30000 && !HasFatalFailure(); ++sample) {
    Rng rng(mix_key(7, sample));
    expect_both_paths_equal(random_text(rng));
  }
}

TEST(BasicTokenizer, TheFastPathsEqualTheCodePointPathForEveryCharacterOfTheTable) {
  for (char32_t c = 0; c < 0x3100 && !HasFatalFailure(); ++c) {
    std::string text = "A";
    append_utf8(c, text);
    text += "\u0301B";
    expect_both_paths_equal(text);
  }
}

}  // namespace
}  // namespace rpp
