#include "conll.h"

#include <vector>

#include "glue_row.h"
#include "rpp/error.h"

namespace rpp {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view line) {
  if (line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  const size_t last = line.find_last_not_of(kBlanks);
  return line.substr(0, last == line.npos ? 0 : last + 1);
}

std::vector<std::string_view> split_blanks(std::string_view line) {
  std::vector<std::string_view> fields;
  for (size_t begin = line.find_first_not_of(' '); begin != line.npos;) {
    const size_t end = std::min(line.find(' ', begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(' ', end);
  }
  return fields;
}

}  // namespace

bool is_between_sentences(std::string_view line) {
  const std::string_view text = trimmed(line);
  return text.empty() || text.starts_with("-DOCSTART-");
}

size_t ConllColumns::place_of(int64_t column, size_t num_columns, const char* key, int64_t number) const {
  const int64_t place = column < 0 ? static_cast<int64_t>(num_columns) + column : column;
  if (place < 0 || place >= static_cast<int64_t>(num_columns)) {
    fail("{}:{}: {} columns, but {} is {}: set it to a column of the file, counted from 0", file_, number,
         num_columns, key, column);
  }
  return static_cast<size_t>(place);
}

std::pair<std::string, std::string> ConllColumns::parse(std::string_view line, int64_t number) {
  line = trimmed(line);
  const auto fields = line.find('\t') == line.npos ? split_blanks(line) : split_tabs(line);
  if (num_columns_ == 0) num_columns_ = fields.size();
  if (places_.tags == Tags::read && fields.size() < 2) {
    fail("{}:{}: one column, '{}': write a word, a blank or tab, and its tag", file_, number, line);
  }
  if (fields.size() != num_columns_) {
    fail("{}:{}: {} columns, the lines before have {}: separate them all by tabs if words contain blanks",
         file_, number, fields.size(), num_columns_);
  }
  const size_t word = place_of(places_.word, fields.size(), "custom.word_column", number);
  if (places_.tags == Tags::ignored) return {std::string(fields[word]), ""};
  const size_t tag = place_of(places_.tag, fields.size(), "custom.tag_column", number);
  if (word == tag) {
    fail("{}:{}: custom.word_column and custom.tag_column are the same column: change one of them", file_,
         number);
  }
  return {std::string(fields[word]), std::string(fields[tag])};
}

}  // namespace rpp
