#include "glue_row.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "rpp/error.h"

namespace rpp {

std::vector<std::string_view> split_tabs(std::string_view line) {
  std::vector<std::string_view> fields;
  for (size_t tab = line.find('\t'); tab != std::string_view::npos; tab = line.find('\t')) {
    fields.push_back(line.substr(0, tab));
    line.remove_prefix(tab + 1);
  }
  fields.push_back(line);
  return fields;
}

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) plain += static_cast<char>(std::tolower(c));
  }
  return plain;
}

GlueLabels::GlueLabels(const GlueTask& task) : task_(task) {
  for (const std::string& name : task.label_names) {
    classes_.emplace(name, static_cast<int32_t>(&name - task.label_names.data()));
  }
}

int32_t GlueLabels::parse(std::string_view text, const FileLine& where) const {
  const auto found = classes_.find(text);
  if (found == classes_.end()) {
    fail("{}:{}: unknown label '{}' (expected {})", where.file, where.line, text,
         fmt::join(task_.label_names, ", "));
  }
  return found->second;
}

double parse_glue_score(std::string_view text, const FileLine& where) {
  double score = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), score);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(score)) {
    fail("{}:{}: '{}' is not a score (expected a number)", where.file, where.line, text);
  }
  return score;
}

}  // namespace rpp
