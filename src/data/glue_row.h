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

// "SST-2" and "sst_2" are "sst2": how names of tasks and labels are compared.
std::string plain_name(std::string_view name);

// The labels of a task, which must outlive it. Where a column was taken for labels that is none they are as
// many as the rows.
class GlueLabels {
 public:
  explicit GlueLabels(const GlueTask& task);
  // The index into the task's label_names. Throws Error with file and line for another name.
  int32_t parse(std::string_view text, const FileLine& where) const;

 private:
  const GlueTask& task_;
  std::unordered_map<std::string_view, int32_t> classes_;
};

// Throws Error with file and line for what is no finite number.
double parse_glue_score(std::string_view text, const FileLine& where);

}  // namespace rpp
