// The rows of a TSV or JSON-lines file, reduced to the requested columns.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "glue_row.h"
#include "program/line_reader.h"

namespace rpp {

// By its name; also "a.jsonl.zst".
bool is_json_lines(const std::filesystem::path& file);

struct TableColumns {
  std::vector<std::string> names;
  std::vector<size_t> headerless;  // indices if the first row lacks names[0]; empty: a header is required
  bool pass_over_short_rows = false;
  std::string list_column;  // its JSON values may be arrays of texts: join_items (glue_row.h)
};

class GlueTable {
 public:
  // Throws Error for an empty file and, in a TSV file, for a column that the header lacks.
  GlueTable(std::filesystem::path file, TableColumns columns);

  // The values of the next row in the order of the names; false at the end. In a table with one column an
  // empty line is a row with an empty text, so that rows keep their numbers; elsewhere it is skipped. Throws
  // Error with file and line for a row without one of them, and for bytes that are not UTF-8.
  bool next(std::vector<std::string>& values);
  FileLine where() const { return {file_, reader_.line_number()}; }

 private:
  bool next_line();
  void find_columns();
  bool parse_tsv(std::vector<std::string>& values);
  void parse_json(std::vector<std::string>& values) const;
  void check_passed_over() const;

  std::filesystem::path file_;
  TableColumns columns_;
  LineReader reader_;
  std::string line_;
  std::vector<size_t> places_;  // column indices in a TSV row; empty: JSON lines
  bool has_one_column_ = false;
  bool line_is_row_ = false;  // the first line of a file without header is still to be returned
  int64_t num_rows_ = 0, num_short_rows_ = 0;
  std::string first_short_row_;  // its error message
};

}  // namespace rpp
