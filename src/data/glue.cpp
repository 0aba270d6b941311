#include "data/glue.h"

#include <algorithm>

#include "glue_table.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using std::filesystem::path;

TableColumns columns_of(const GlueTask& task, bool has_labels) {
  const GlueColumns& columns = task.columns;
  TableColumns table{
      .names = {columns.text_a}, .headerless = {}, .pass_over_short_rows = task.has_broken_rows};
  if (!columns.text_b.empty()) table.names.push_back(columns.text_b);
  if (has_labels) table.names.push_back(columns.label);
  if (task.multi_label) table.list_column = columns.label;
  if (columns.headerless_text < 0) return table;
  table.headerless.push_back(static_cast<size_t>(columns.headerless_text));
  if (has_labels) table.headerless.push_back(static_cast<size_t>(columns.headerless_label));
  return table;
}

// Without suffix; empty if the task has no such file.
std::vector<std::string> file_stems(const GlueTask& task, std::string_view split) {
  if (split == "test") return task.test_files;
  const std::string& stem = split == "train" ? task.train_file : task.dev_file;
  return stem.empty() ? std::vector<std::string>{} : std::vector{stem};
}

// " (there are train_subset.tsv.zst, ...)"; empty if there is no table.
std::string tables_in(const std::vector<path>& directories) {
  std::vector<std::string> names;
  for (const path& directory : directories) {
    if (!std::filesystem::is_directory(directory)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      const std::string name = entry.path().filename().string();
      const bool is_table =
          name.find(".tsv") != std::string::npos || name.find(".jsonl") != std::string::npos;
      if (is_table) names.push_back(name);
    }
  }
  if (names.empty()) return "";
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return fmt::format(" (there are {})", fmt::join(names, ", "));
}

}  // namespace

std::vector<GlueExample> read_glue(const GlueTask& task, const path& file, bool has_labels) {
  GlueTable table(file, columns_of(task, has_labels));
  const GlueLabels labels(task);
  std::vector<GlueExample> examples;
  for (std::vector<std::string> row; table.next(row);) {
    GlueExample& example = examples.emplace_back(GlueExample{.text_a = row[0], .text_b = {}});
    if (!task.columns.text_b.empty()) example.text_b = row[1];
    if (!has_labels) continue;
    if (task.multi_label) {
      example.label_set = labels.parse_set(row.back(), table.where());
    } else if (task.regression) {
      example.score = static_cast<float>(parse_glue_score(row.back(), table.where()));
    } else {
      example.label = labels.parse(row.back(), table.where());
    }
  }
  if (examples.empty()) fail("{} has a header but no rows", file);
  return examples;
}

std::optional<path> try_find_glue_file(const GlueTask& task, const path& data_dir, std::string_view split) {
  if (!std::filesystem::is_directory(data_dir)) fail("no data directory {}: check --data-dir", data_dir);
  for (const std::string& stem : file_stems(task, split)) {
    for (const path& dir : {data_dir, data_dir / task.directory}) {
      for (const char* suffix : {".tsv", ".tsv.zst", ".tsv.gz", ".jsonl", ".jsonl.zst", ".jsonl.gz"}) {
        const path file = dir / (stem + suffix);
        if (std::filesystem::is_regular_file(file)) return file;
      }
    }
  }
  return std::nullopt;
}

path find_glue_file(const GlueTask& task, const path& data_dir, std::string_view split) {
  if (const auto file = try_find_glue_file(task, data_dir, split)) return *file;
  fail("no {}.tsv (or .jsonl; .zst, .gz) of task {} in {} or its folder {}: name it in {}_files{}",
       fmt::join(file_stems(task, split), ".tsv, "), task.name, data_dir, task.directory, split,
       tables_in({data_dir, data_dir / task.directory}));
}

}  // namespace rpp
