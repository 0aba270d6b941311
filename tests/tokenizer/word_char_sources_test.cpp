#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tokenizer/basic_tokenizer.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

using testing::ElementsAre;

std::vector<std::string> source_texts(std::string_view text) {
  std::vector<std::string> texts;
  for (const TextSpan& span : word_char_sources(text, LetterCase::lower)) texts.emplace_back(span.of(text));
  return texts;
}

size_t num_word_chars(std::string_view text, LetterCase letter_case) {
  WordList words;
  split_words_into(text, letter_case, words);
  size_t count = 0;
  for (const WordList::Word& word : words.words) count += word.num_chars;
  return count;
}

TEST(WordCharSources, AreTheCharactersOfTheTextWithoutBlanksAndControls) {
  EXPECT_THAT(source_texts("Ab \tc,\x01 d\u200b\u3000e"), ElementsAre("A", "b", "c", ",", "d", "e"));
}

TEST(WordCharSources, ADroppedAccentHasNoEntryAComposedLetterHasOne) {
  EXPECT_THAT(source_texts("\u00c9e\u0301x"), ElementsAre("\u00c9", "e", "x"));
}

TEST(WordCharSources, ACharacterThatBecomesSeveralIsNamedByEach) {
  EXPECT_THAT(source_texts("\u1100\uac01"), ElementsAre("\u1100", "\uac01", "\uac01", "\uac01"));
}

TEST(WordCharSources, BytesThatAreNotUtf8AreLeftOut) {
  EXPECT_THAT(source_texts("a\xff\xc3 b"), ElementsAre("a", "b"));
}

TEST(WordCharSources, ThereIsOneForEachCharacterOfTheWords) {
  for (const LetterCase letter_case : {LetterCase::lower, LetterCase::keep}) {
    for (char32_t c = 1; c < 0x30000; ++c) {
      if (c >= 0xD800 && c < 0xE000) continue;
      std::string text = "A";
      append_utf8(c, text);
      text += "\u03a3 \u0f74\u0345";  // a final sigma, and marks that are reordered
      ASSERT_EQ(word_char_sources(text, letter_case).size(), num_word_chars(text, letter_case))
          << std::hex << static_cast<uint32_t>(c);
    }
  }
}

}  // namespace
}  // namespace rpp
