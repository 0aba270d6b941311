#include "tokenizer/basic_tokenizer.h"

#include <array>

#include "fold_table.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

enum class ByteClass : uint8_t {
  word,
  blank,
  punctuation,
  control,
  wide
};  // wide: from a character beyond ASCII

constexpr ByteClass classify(int byte) {
  if (byte >= 0x80) return ByteClass::wide;
  if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') return ByteClass::blank;
  if (byte < ' ' || byte == 0x7F) return ByteClass::control;
  const bool alphanumeric =
      (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
  return alphanumeric ? ByteClass::word : ByteClass::punctuation;
}

constexpr auto kByteClass = [] {
  std::array<ByteClass, 256> table{};
  for (int byte = 0; byte < 256; ++byte) table[static_cast<size_t>(byte)] = classify(byte);
  return table;
}();

ByteClass classify_byte(char c) {
  return kByteClass[static_cast<unsigned char>(c)];
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

// Appends words to the list one after another; a word without characters is dropped.
class WordWriter {
 public:
  explicit WordWriter(WordList& words) : words_(words), begin_(words.bytes.size()) {}

  void append(char32_t c) {
    append_utf8(c, words_.bytes);
    ++num_chars_;
  }

  void append(const FoldedChar& c) {
    words_.bytes.append(c.text());
    num_chars_ += c.num_chars;
  }

  void append_ascii(std::string_view run, LetterCase letter_case) {
    const size_t at = words_.bytes.size();
    words_.bytes.append(run);
    num_chars_ += static_cast<uint32_t>(run.size());
    if (letter_case == LetterCase::keep) return;
    char* bytes = words_.bytes.data() + at;
    for (size_t i = 0; i < run.size(); ++i)
      bytes[i] = static_cast<char>(bytes[i] | (is_upper(bytes[i]) << 5));
  }

  void end_word() {
    if (num_chars_ == 0) return;
    const size_t end = words_.bytes.size();
    words_.words.push_back({static_cast<uint32_t>(begin_), static_cast<uint32_t>(end), num_chars_});
    begin_ = end;
    num_chars_ = 0;
  }

 private:
  WordList& words_;
  size_t begin_;
  uint32_t num_chars_ = 0;
};

size_t find_blank(std::string_view text, size_t position) {
  while (position < text.size() && classify_byte(text[position]) != ByteClass::blank) ++position;
  return position;
}

size_t end_of_run(std::string_view text, size_t position) {
  while (position < text.size() && classify_byte(text[position]) == ByteClass::word) ++position;
  return position;
}

// Splits the chunk that starts at `begin` and ends before a blank, and returns its end; stops at the first
// byte beyond ASCII.
size_t append_ascii_chunk(std::string_view text, size_t begin, LetterCase letter_case, WordList& words) {
  WordWriter writer(words);
  size_t i = begin;
  while (i < text.size()) {
    const ByteClass byte_class = classify_byte(text[i]);
    if (byte_class == ByteClass::blank || byte_class == ByteClass::wide) break;
    if (byte_class == ByteClass::word) {
      const size_t end = end_of_run(text, i);
      writer.append_ascii(text.substr(i, end - i), letter_case);
      i = end;
      continue;
    }
    if (byte_class == ByteClass::punctuation) {
      writer.end_word();
      writer.append_ascii(text.substr(i, 1), LetterCase::keep);
      writer.end_word();
    }
    ++i;
  }
  writer.end_word();
  return i;
}

// The same beyond ASCII, with the table; returns false, leaving the list as it is, at a character that
// depends on others.
bool append_folded_chunk(std::string_view chunk, const FoldTable& table, WordList& words) {
  WordWriter writer(words);
  for (size_t i = 0; i < chunk.size();) {
    const char32_t code_point = next_code_point(chunk, i);
    if (code_point == kInvalidUtf8) continue;
    const FoldedChar& c = table[code_point];
    if (c.kind == FoldedChar::Kind::contextual) return false;
    const bool punctuation = c.kind == FoldedChar::Kind::punctuation;
    if (punctuation || c.kind == FoldedChar::Kind::blank) writer.end_word();
    writer.append(c);
    if (punctuation) writer.end_word();
  }
  writer.end_word();
  return true;
}

// BasicTokenizer._clean_text and _tokenize_chinese_chars.
std::u32string clean(std::string_view text) {
  std::u32string cleaned;
  for (const char32_t c : decode_utf8(text)) {
    if (c == 0 || c == 0xFFFD || is_bert_control(c)) continue;
    if (is_bert_whitespace(c)) {
      cleaned.push_back(U' ');
    } else if (is_cjk_ideograph(c)) {
      cleaned.append({U' ', c, U' '});
    } else {
      cleaned.push_back(c);
    }
  }
  return cleaned;
}

// BasicTokenizer._run_split_on_punc of one token. White space, which only decomposition can produce here,
// ends a word as in the reference's last split().
void append_split_on_punctuation(std::u32string_view token, WordList& words) {
  WordWriter writer(words);
  for (const char32_t c : token) {
    const bool punctuation = is_bert_punctuation(c);
    const bool blank = is_python_whitespace(c);
    if (punctuation || blank) writer.end_word();
    if (!blank) writer.append(c);
    if (punctuation) writer.end_word();
  }
  writer.end_word();
}

// append_by_code_point(chunk) appends the words of a chunk whose characters depend on each other.
template <typename AppendByCodePoint>
void split_words(std::string_view text, LetterCase ascii_case, const FoldTable& table, WordList& words,
                 const AppendByCodePoint& append_by_code_point) {
  check_text_size(text);
  words.clear();
  words.bytes.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    if (classify_byte(text[i]) == ByteClass::blank) {
      ++i;
      continue;
    }
    const size_t num_words = words.words.size();
    const size_t num_bytes = words.bytes.size();
    const auto start_again = [&] {
      words.words.resize(num_words);
      words.bytes.resize(num_bytes);
    };
    size_t end = append_ascii_chunk(text, i, ascii_case, words);
    if (end < text.size() && classify_byte(text[end]) == ByteClass::wide) {
      // A character beyond ASCII may change how its neighbours are lower-cased, so the chunk is processed as
      // a whole.
      start_again();
      end = find_blank(text, end);
      const std::string_view chunk = text.substr(i, end - i);
      if (!append_folded_chunk(chunk, table, words)) {
        start_again();
        append_by_code_point(chunk);
      }
    }
    i = end;
  }
}

}  // namespace

void append_words_by_code_point(std::string_view text, LetterCase letter_case, WordList& words) {
  const std::u32string cleaned = clean(text);
  const std::u32string_view view = cleaned;
  for (size_t begin = 0; begin < view.size();) {
    if (is_python_whitespace(view[begin])) {
      ++begin;
      continue;
    }
    size_t end = begin;
    while (end < view.size() && !is_python_whitespace(view[end])) ++end;
    const auto token = view.substr(begin, end - begin);
    // The whole token is lower-cased before accents are stripped: the final sigma depends on its neighbours.
    if (letter_case == LetterCase::lower) {
      append_split_on_punctuation(strip_accents(lower_case(token)), words);
    } else {
      append_split_on_punctuation(token, words);
    }
    begin = end;
  }
}

void append_words_by_code_point(std::string_view text, const TextRules& rules, WordList& words) {
  const std::u32string normalized = normalize_text(text, rules).chars;
  WordWriter writer(words);
  for_each_word(normalized, rules.split, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) writer.append(normalized[i]);
    writer.end_word();
  });
}

void split_words_into(std::string_view text, LetterCase letter_case, WordList& words) {
  split_words(text, letter_case, FoldTable::of(letter_case), words,
              [&](std::string_view chunk) { append_words_by_code_point(chunk, letter_case, words); });
}

void split_words_into(std::string_view text, const TextRules& rules, WordList& words) {
  const auto append = [&](std::string_view chunk) { append_words_by_code_point(chunk, rules, words); };
  if (rules.clean_text && rules.split == TextRules::Split::bert) {
    const LetterCase ascii_case = rules.lower_case ? LetterCase::lower : LetterCase::keep;
    return split_words(text, ascii_case, FoldTable::of(rules), words, append);
  }
  check_text_size(text);
  words.clear();
  append(text);
}

}  // namespace rpp
