// The texts of a table's rows: tab-separated columns, or JSON objects a line each.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rpp/answerer.h"

namespace rpp {

struct TextColumnNames {
  std::string text;       // a name of the header or a key, or of a table without header a number, from 1 on
  std::string text_pair;  // likewise; empty: one text a row
};

class TextColumns {
 public:
  // Throws UsageError when one is a name and the other a number, or a number is 0.
  explicit TextColumns(TextColumnNames names);

  // Of the lines from the first on. Nothing for the header, which is the first line where columns have names
  // and that line is no JSON object; a byte-order mark in front is dropped. Quotes in columns are plain
  // characters. Throws Error for a column that is missing, with those that there are, and in JSON for a value
  // that is neither text nor number.
  std::optional<TextLine> read(std::string_view line);
  // Whether `line`, which could not be read, should have been the header: no row can be read without.
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
  std::vector<size_t> places_;  // of one or two columns, from 0 on
};

}  // namespace rpp
