#include "tokenizer/normalized_text.h"

#include <algorithm>

#include "tokenizer/unicode.h"
#include "unicode_data.h"

namespace rpp {
namespace {

constexpr char32_t kCapitalIWithDot = 0x0130, kDotAbove = 0x0307;
constexpr char32_t kNotDecomposed = 0x11938;  // its decomposition is newer than the library's tables

class Writer {
 public:
  explicit Writer(size_t size) {
    text_.chars.reserve(size);
    text_.sources.reserve(size);
  }
  void append(char32_t c, TextSpan source) {
    text_.chars.push_back(c);
    text_.sources.push_back(source);
  }
  NormalizedText take() { return std::move(text_); }

 private:
  NormalizedText text_;
};

NormalizedText decode(std::string_view text) {
  Writer decoded(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto begin = static_cast<uint32_t>(i);
    const char32_t c = next_code_point(text, i);
    if (c != kInvalidUtf8) decoded.append(c, {begin, static_cast<uint32_t>(i)});
  }
  return decoded.take();
}

NormalizedText clean(const NormalizedText& text) {
  Writer cleaned(text.chars.size());
  for (size_t i = 0; i < text.chars.size(); ++i) {
    const char32_t c = text.chars[i];
    if (library_class_of(c).is(CharClass::control)) continue;
    cleaned.append(is_library_space(c) ? U' ' : c, text.sources[i]);
  }
  return cleaned.take();
}

NormalizedText separate_ideographs(const NormalizedText& text) {
  Writer separated(text.chars.size());
  for (size_t i = 0; i < text.chars.size(); ++i) {
    const bool ideograph = is_library_ideograph(text.chars[i]);
    if (ideograph) separated.append(U' ', text.sources[i]);
    separated.append(text.chars[i], text.sources[i]);
    if (ideograph) separated.append(U' ', text.sources[i]);
  }
  return separated.take();
}

struct Part {
  char32_t c = 0;
  uint8_t combining = 0;
  bool additional = false;  // not the first character of a decomposition
};

void append_parts(char32_t c, bool compatible, std::u32string& parts) {
  const auto own = compatible ? compatible_decomposition_of(c) : std::span<const uint32_t>();
  if (!own.empty()) {
    parts.append(own.begin(), own.end());
  } else if (c == kNotDecomposed) {
    parts.push_back(c);
  } else {
    append_decomposed(c, parts);
  }
}

std::vector<Part> decompose(std::u32string_view chars, bool compatible) {
  std::vector<Part> parts;
  parts.reserve(chars.size());
  std::u32string decomposed;
  for (const char32_t c : chars) {
    decomposed.clear();
    append_parts(c, compatible, decomposed);
    for (size_t i = 0; i < decomposed.size(); ++i) {
      parts.push_back({decomposed[i], library_class_of(decomposed[i]).combining, i > 0});
    }
  }
  return parts;
}

void order_marks(std::vector<Part>& parts) {
  const auto is_letter = [](const Part& part) { return part.combining == 0; };
  for (auto begin = parts.begin(); begin != parts.end();) {
    begin = std::find_if_not(begin, parts.end(), is_letter);
    const auto end = std::find_if(begin, parts.end(), is_letter);
    std::ranges::stable_sort(begin, end, {}, &Part::combining);
    begin = end;
  }
}

// The library assigns sources after it has ordered the marks: one to each character that is not additional.
NormalizedText strip_accents(const NormalizedText& text, bool any) {
  const CharClass::Flag mark = any ? CharClass::any_mark : CharClass::mark;
  std::vector<Part> parts = decompose(text.chars, any);
  order_marks(parts);
  Writer stripped(parts.size());
  size_t num_sources = 0;
  for (const Part& part : parts) {
    if (!part.additional) ++num_sources;
    const TextSpan source = text.sources[std::max<size_t>(num_sources, 1) - 1];
    if (!library_class_of(part.c).is(mark)) stripped.append(part.c, source);
  }
  return stripped.take();
}

// Character by character: a final sigma is lower-cased as any other.
NormalizedText lower_case(const NormalizedText& text) {
  Writer lower(text.chars.size());
  for (size_t i = 0; i < text.chars.size(); ++i) {
    const char32_t c = text.chars[i];
    const bool with_dot = c == kCapitalIWithDot;
    lower.append(with_dot ? U'i' : library_lower_case(c), text.sources[i]);
    if (with_dot) lower.append(kDotAbove, text.sources[i]);
  }
  return lower.take();
}

// A pair becomes one character, whose source is that of the second.
NormalizedText with_plain_quotes(const NormalizedText& text) {
  Writer plain(text.chars.size());
  for (size_t i = 0; i < text.chars.size(); ++i) {
    const std::u32string_view pair = std::u32string_view(text.chars).substr(i, 2);
    const bool is_quote = pair == U"``" || pair == U"''";
    if (is_quote) ++i;
    plain.append(is_quote ? U'"' : text.chars[i], text.sources[i]);
  }
  return plain.take();
}

enum class CharKind { space, word_char, other };

CharKind kind_of(char32_t c) {
  const CharClass char_class = library_class_of(c);
  if (char_class.is(CharClass::space)) return CharKind::space;
  return char_class.is(CharClass::word) ? CharKind::word_char : CharKind::other;
}

bool ends_word(char32_t before, char32_t c, TextRules::Split split) {
  if (is_library_space(c)) return true;
  const auto is_punctuation = [](char32_t p) { return library_class_of(p).is(CharClass::punctuation); };
  switch (split) {
    case TextRules::Split::bert:
      return is_punctuation(before) || is_punctuation(c);
    case TextRules::Split::blanks:
      return false;
    case TextRules::Split::word_chars:
      return kind_of(before) != kind_of(c);
  }
  return false;
}

}  // namespace

bool is_library_ideograph(char32_t c) {
  return is_cjk_ideograph(c) && !(c >= 0x2B820 && c <= 0x2B91F);
}

NormalizedText normalize_text(std::string_view text, const TextRules& rules) {
  NormalizedText result = decode(text);
  if (rules.plain_quotes) result = with_plain_quotes(result);
  if (rules.clean_text) result = clean(result);
  if (rules.separate_ideographs) result = separate_ideographs(result);
  if (rules.strip_accents) result = strip_accents(result, rules.any_accents);
  if (rules.lower_case) result = lower_case(result);
  return result;
}

void for_each_word(std::u32string_view normalized, TextRules::Split split,
                   const std::function<void(size_t, size_t)>& on_word) {
  for (size_t begin = 0; begin < normalized.size();) {
    if (is_library_space(normalized[begin])) {
      ++begin;
      continue;
    }
    size_t end = begin + 1;
    while (end < normalized.size() && !ends_word(normalized[end - 1], normalized[end], split)) ++end;
    on_word(begin, end);
    begin = end;
  }
}

}  // namespace rpp
