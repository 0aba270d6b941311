#include "glue_table.h"

#include <algorithm>

#include "core/json.h"
#include "core/nearest.h"
#include "io/json_keys.h"
#include "program/log.h"
#include "rpp/error.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

using std::filesystem::path;
using Json = nlohmann::json;

// The damaged official file loses one row in ten thousand; a file that loses more is a different file.
constexpr int64_t kRowsPerShortRow = 1000;

std::string_view without_byte_order_mark(std::string_view line) {
  return line.starts_with("\xef\xbb\xbf") ? line.substr(3) : line;
}

// Advice for a header that lacks a column.
std::string advice(const std::vector<std::string>& header, const std::string& column) {
  const std::string& first = header.front();
  if (first.starts_with('{')) return "a file of JSON lines is named .jsonl";
  const bool looks_like_csv = header.size() == 1 && first.find_first_of(",;") != std::string::npos;
  if (looks_like_csv) return "columns are separated by tabs, this looks like CSV";
  return fmt::format("the nearest is '{}'", nearest_name(column, header));
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// In the order of the text.
std::vector<std::string> keys_of(std::string_view object) {
  std::vector<std::string> keys;
  for (const JsonKey& key : json_keys(object)) {
    if (key.object == 0) keys.push_back(key.name);
  }
  return keys;
}

std::string joined_items(const Json& list, const std::string& name, const FileLine& where) {
  std::vector<std::string> items;
  for (const Json& item : list) {
    if (item.is_null() || item.is_structured()) {
      fail("{}:{}: '{}' holds {}, expected texts or numbers", where.file, where.line, name, item.dump());
    }
    items.push_back(text_of(item));
  }
  return join_items(items);
}

}  // namespace

bool is_json_lines(const path& file) {
  const path inner = file.extension() == ".gz" || file.extension() == ".zst" ? file.stem() : file;
  return inner.extension() == ".jsonl";
}

GlueTable::GlueTable(path file, TableColumns columns)
    : file_(std::move(file)), columns_(std::move(columns)), reader_(file_) {
  if (!next_line()) fail("{} is empty", file_);
  line_ = without_byte_order_mark(line_);
  line_is_row_ = true;
  if (!is_json_lines(file_)) find_columns();
}

bool GlueTable::next_line() {
  if (!reader_.next(line_)) return false;
  require_utf8(line_, file_, reader_.line_number());
  return true;
}

void GlueTable::find_columns() {
  const std::vector<std::string_view> fields = split_tabs(line_);
  const std::vector<std::string> header(fields.begin(), fields.end());
  const auto find = [&](const std::string& name) { return std::find(header.begin(), header.end(), name); };
  if (!columns_.headerless.empty() && find(columns_.names.front()) == header.end()) {
    places_ = columns_.headerless;
    return;
  }
  line_is_row_ = false;
  has_one_column_ = header.size() == 1;
  for (const std::string& name : columns_.names) {
    const auto found = find(name);
    if (found == header.end()) {
      fail("{}:1: no column '{}' in the header ({}): {}", file_, name, fmt::join(header, ", "),
           advice(header, name));
    }
    places_.push_back(static_cast<size_t>(found - header.begin()));
  }
}

bool GlueTable::next(std::vector<std::string>& values) {
  while (line_is_row_ || next_line()) {
    line_is_row_ = false;
    if (line_.empty() && !has_one_column_) continue;
    if (places_.empty()) {
      parse_json(values);
    } else if (!parse_tsv(values)) {
      continue;
    }
    ++num_rows_;
    return true;
  }
  check_passed_over();
  return false;
}

bool GlueTable::parse_tsv(std::vector<std::string>& values) {
  const std::vector<std::string_view> fields = split_tabs(line_);
  const size_t wanted = *std::max_element(places_.begin(), places_.end()) + 1;
  if (fields.size() < wanted) {
    const std::string message = fmt::format("{}:{}: {} columns, expected at least {}, separated by tabs",
                                            file_, reader_.line_number(), fields.size(), wanted);
    if (!columns_.pass_over_short_rows) fail("{}", message);
    if (++num_short_rows_ == 1) first_short_row_ = message;
    return false;
  }
  values.clear();
  for (const size_t place : places_) values.emplace_back(fields[place]);
  return true;
}

void GlueTable::check_passed_over() const {
  if (num_short_rows_ == 0) return;
  if (num_short_rows_ * kRowsPerShortRow > num_rows_) fail("{}", first_short_row_);
  log::warn("{}: skipped {} broken rows of {}", file_.string(), num_short_rows_, num_short_rows_ + num_rows_);
}

void GlueTable::parse_json(std::vector<std::string>& values) const {
  const int64_t line = reader_.line_number();
  const Json row = parse_json_object(line_, fmt::format("{}:{}", file_, line));
  values.clear();
  for (const std::string& name : columns_.names) {
    const auto value = row.find(name);
    if (value == row.end()) {
      const std::vector<std::string> keys = keys_of(line_);
      fail("{}:{}: no key '{}' among {}: the nearest is '{}'", file_, line, name, fmt::join(keys, ", "),
           nearest_name(name, keys));
    }
    if (value->is_array() && name == columns_.list_column) {
      values.push_back(joined_items(*value, name, {file_, line}));
      continue;
    }
    if (value->is_null() || value->is_structured()) {
      fail("{}:{}: '{}' is {}, expected a text or a number", file_, line, name, value->dump());
    }
    values.push_back(text_of(*value));
  }
}

}  // namespace rpp
