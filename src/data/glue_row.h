// One row of a GLUE file: its columns, and the label or score in one of them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rpp/data/glue.h"

namespace rpp {

struct FileLine {
  const std::filesystem::path& file;
  int64_t line = 0;
};

std::vector<std::string_view> split_tabs(std::string_view line);

// "SST-2" and "sst_2" are "sst2": how names of tasks and labels are compared.
std::string plain_name(std::string_view name);

// The index into the task's label_names. Throws Error with file and line for another name.
int32_t parse_glue_label(const GlueTask& task, std::string_view text, const FileLine& where);

// Throws Error with file and line for what is no finite number.
double parse_glue_score(std::string_view text, const FileLine& where);

}  // namespace rpp
