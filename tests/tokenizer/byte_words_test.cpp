// The words are those of ByteLevel of tokenizers 0.23.3.
#include "tokenizer/byte_words.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace rpp {
namespace {

using Words = std::vector<std::string_view>;

Words words_of(std::string_view text) {
  Words words;
  for (size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    end = end_of_byte_word(text, begin);
    words.push_back(text.substr(begin, end - begin));
  }
  return words;
}

const std::pair<std::string_view, Words> kTexts[] = {
    {"don't they're I've I'm he'll she'd it's'",
     {"don", "'t", " they", "'re", " I", "'ve", " I", "'m", " he", "'ll", " she", "'d", " it", "'s", "'"}},
    {"'S 's ''s x'", {"'", "S", " '", "s", " ''", "s", " x", "'"}},
    {"a  b   c", {"a", " ", " b", "  ", " c"}},
    {"\011\011a \012 b  ", {"\011", "\011", "a", " \012", " b", "  "}},
    {"12ab3 \u00bd\u2167 1", {"12", "ab", "3", " \u00bd\u2167", " 1"}},
    {"e\u0301a \u4e2d\u56fd,\u3002!", {"e", "\u0301", "a", " \u4e2d\u56fd", ",\u3002!"}},
    {"   ", {"   "}},
    {"\u3000 a", {"\u3000", " a"}},
    {"a\u00ad_b", {"a", "\u00ad_", "b"}},
    {"'l 'r 'v", {"'", "l", " '", "r", " '", "v"}},
};

TEST(ByteWords, AreTheMatchesOfGpt2sPattern) {
  for (const auto& [text, words] : kTexts) EXPECT_EQ(words_of(text), words) << text;
}

TEST(ByteWords, AnEmptyTextHasNone) {
  EXPECT_THAT(words_of(""), testing::IsEmpty());
}

}  // namespace
}  // namespace rpp
