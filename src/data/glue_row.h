// One row of a GLUE file: its columns, and the label or score in one of them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/glue.h"

namespace rpp {

struct FileLine {
  const std::filesystem::path& file;
  int64_t line = 0;
};

std::vector<std::string_view> split_tabs(std::string_view line);

// Normalises names of tasks and labels for comparison: "SST-2" and "sst_2" become "sst2".
std::string plain_name(std::string_view name);

// The items of a JSON array as one value, and the items of such a value; of another value those between
// separators, without blanks at their ends. The empty value has no items.
std::string join_items(const std::vector<std::string>& items);
std::vector<std::string> split_items(std::string_view value, std::string_view separator);

// The labels of a task, which must outlive it. A hash map, because a column that is not a label column may
// have as many values as rows.
class GlueLabels {
 public:
  explicit GlueLabels(const GlueTask& task);
  // The index into the task's label_names. Throws Error with file and line for another name.
  int32_t parse(std::string_view text, const FileLine& where) const;
  // The same for the labels of a row (split_items): ascending, each once.
  std::vector<int32_t> parse_set(std::string_view text, const FileLine& where) const;

 private:
  const GlueTask& task_;
  std::unordered_map<std::string_view, int32_t> classes_;
};

// Throws Error with file and line if it is not a finite number.
double parse_glue_score(std::string_view text, const FileLine& where);

}  // namespace rpp
