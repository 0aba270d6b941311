// The texts in a table's rows: tab-separated columns, or JSON lines.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rpp/answerer.h"

namespace rpp {

struct TextColumnNames {
  std::string text;       // header name or JSON key; in a table without header a number from 1
  std::string text_pair;  // likewise; empty: one text per row
};

class TextColumns {
 public:
  // Throws UsageError when one is a name and the other a number, or a number is 0.
  explicit TextColumns(TextColumnNames names);

  // Call with every line from the first on. Returns nothing for the header, which is the first line if
  // columns have names and that line is not a JSON object; a leading byte-order mark is dropped. Quotes in
  // columns are plain characters. Throws Error for a missing column, listing the existing ones, and in JSON
  // for a value that is neither text nor number.
  std::optional<TextLine> read(std::string_view line);
  // Whether `line`, which could not be read, should have been the header, which all rows need.
  bool needs_as_header(std::string_view line) const {
    return form_ == Form::unknown && places_.empty() && !line.starts_with('{');
  }

 private:
  enum class Form { unknown, columns, objects };

  void read_header(std::string_view line);
  TextLine read_row(std::string_view line) const;
  TextLine read_object(std::string_view line) const;

  TextColumnNames names_;
  Form form_ = Form::unknown;
  std::vector<size_t> places_;  // indices of the one or two columns, from 0
};

}  // namespace rpp
