#include "tokenizer/answer_text.h"

#include "tokenizer/unicode.h"

namespace rpp {
namespace {

// Python's string.punctuation.
bool is_ascii_punctuation(char32_t c) {
  return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
}

std::u32string lower_without_punctuation(std::string_view text) {
  std::u32string lower = lower_case(decode_utf8(text));
  std::erase_if(lower, is_ascii_punctuation);
  return lower;
}

bool is_article(std::u32string_view word) {
  return word == U"a" || word == U"an" || word == U"the";
}

size_t end_of_word(std::u32string_view text, size_t begin) {
  while (begin < text.size() && is_python_word(text[begin])) ++begin;
  return begin;
}

// re.sub(r'\b(a|an|the)\b', ' ', text): an article is a complete run of word characters.
std::u32string without_articles(std::u32string_view text) {
  std::u32string kept;
  for (size_t i = 0; i < text.size();) {
    const size_t end = end_of_word(text, i);
    const std::u32string_view word = text.substr(i, end - i);
    if (is_article(word)) {
      kept.push_back(U' ');
    } else if (!word.empty()) {
      kept.append(word);
    } else {
      kept.push_back(text[i]);
    }
    i = word.empty() ? i + 1 : end;
  }
  return kept;
}

// ' '.join(text.split())
std::string squeeze_blanks(std::u32string_view text) {
  std::string squeezed;
  bool blank_before = false;
  for (const char32_t c : text) {
    if (is_python_whitespace(c)) {
      blank_before = !squeezed.empty();
      continue;
    }
    if (blank_before) squeezed += ' ';
    blank_before = false;
    append_utf8(c, squeezed);
  }
  return squeezed;
}

}  // namespace

std::string normalize_answer(std::string_view text) {
  return squeeze_blanks(without_articles(lower_without_punctuation(text)));
}

}  // namespace rpp
