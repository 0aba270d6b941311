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

// The labels of a task, which must outlive it. A hash map, because a column that is not a label column may
// have as many values as rows.
class GlueLabels {
 public:
  explicit GlueLabels(const GlueTask& task);
  // The index into the task's label_names. Throws Error with file and line for another name.
  int32_t parse(std::string_view text, const FileLine& where) const;

 private:
  const GlueTask& task_;
  std::unordered_map<std::string_view, int32_t> classes_;
};

// Throws Error with file and line if it is not a finite number.
double parse_glue_score(std::string_view text, const FileLine& where);

}  // namespace rpp
