#include "predict/text_columns.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "core/json.h"
#include "core/nearest.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Json = nlohmann::json;

std::optional<size_t> number_of(const std::string& name) {
  size_t number = 0;
  const char* last = name.data() + name.size();
  const auto [end, error] = std::from_chars(name.data(), last, number);
  return error == std::errc() && end == last ? std::optional(number) : std::nullopt;
}

std::vector<std::string> split_tabs(std::string_view line) {
  std::vector<std::string> fields;
  for (size_t begin = 0; begin <= line.size();) {
    const size_t end = std::min(line.find('\t', begin), line.size());
    fields.emplace_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return fields;
}

std::string text_at(const Json& row, const std::string& key) {
  const auto value = row.find(key);
  if (value == row.end()) {
    std::vector<std::string> keys;
    for (const auto& entry : row.items()) keys.push_back(entry.key());
    fail("no key '{}'{} (there are {})", key, did_you_mean(key, keys), fmt::join(keys, ", "));
  }
  if (value->is_null() || value->is_structured()) {
    fail("'{}' is {}, expected a text or a number", key, value->dump());
  }
  return value->is_string() ? value->get<std::string>() : value->dump();
}

}  // namespace

TextColumns::TextColumns(TextColumnNames names) : names_(std::move(names)) {
  const auto first = number_of(names_.text), second = number_of(names_.text_pair);
  const bool has_pair = !names_.text_pair.empty();
  if (has_pair && first.has_value() != second.has_value()) {
    fail_usage("'{}' and '{}': give two names of columns, or two numbers", names_.text, names_.text_pair);
  }
  if (first == size_t{0} || second == size_t{0}) fail_usage("columns count from 1 on");
  if (first) places_.push_back(*first - 1);
  if (second) places_.push_back(*second - 1);
}

std::optional<TextLine> TextColumns::read(std::string_view line) {
  if (form_ == Form::unknown) {
    if (line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    const bool has_names = places_.empty();
    const bool has_objects = has_names && line.starts_with('{');
    const bool is_header = has_names && !has_objects;
    if (is_header) read_header(line);
    form_ = has_objects ? Form::objects : Form::columns;
    if (is_header) return std::nullopt;
  }
  return form_ == Form::objects ? read_object(line) : read_row(line);
}

void TextColumns::read_header(std::string_view line) {
  const std::vector<std::string> header = split_tabs(line);
  std::vector<size_t> places;
  const auto add = [&](const std::string& name) {
    const auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end()) {
      fail("no column '{}' in the header{} (there are {}); columns without a header have numbers, from 1 on",
           name, did_you_mean(name, header), fmt::join(header, ", "));
    }
    places.push_back(static_cast<size_t>(found - header.begin()));
  };
  add(names_.text);
  if (!names_.text_pair.empty()) add(names_.text_pair);
  places_ = std::move(places);
}

TextLine TextColumns::read_row(std::string_view line) const {
  const std::vector<std::string> fields = split_tabs(line);
  const size_t wanted = *std::max_element(places_.begin(), places_.end()) + 1;
  if (fields.size() < wanted) {
    fail("{} columns, expected at least {}, separated by tabs", fields.size(), wanted);
  }
  TextLine row{.text = fields[places_[0]], .text_pair = std::nullopt};
  if (places_.size() > 1) row.text_pair = fields[places_[1]];
  return row;
}

TextLine TextColumns::read_object(std::string_view line) const {
  const Json row = parse_json_object(line, "the line");
  TextLine texts{.text = text_at(row, names_.text), .text_pair = std::nullopt};
  if (!names_.text_pair.empty()) texts.text_pair = text_at(row, names_.text_pair);
  return texts;
}

}  // namespace rpp
