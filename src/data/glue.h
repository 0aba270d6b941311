// The GLUE tasks: their files, columns and labels, and the examples in them.
//
// Layouts are those of the official archives (Wang et al. 2019); columns are found by header name, so files
// with fewer columns are read too. User-defined tasks have the same form (data/custom_task.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rpp {

// Columns are found by header name; by index (from 0) in CoLA's train and dev files, which have no header.
struct GlueColumns {
  std::string text_a, text_b, label;  // text_b is empty for single sentences
  int headerless_text = -1, headerless_label = -1;
};

struct GlueTask {
  std::string name;       // "sst2"
  std::string directory;  // "SST-2", as in the official archive
  GlueColumns columns;
  std::string train_file = "train", dev_file = "dev";  // without suffix; empty: none
  std::vector<std::string> test_files = {"test"};      // the first that exists
  std::vector<std::string> label_names;                // as in the files, by class; empty for regression
  std::vector<std::string> label_words;                // transformers' names, if the files have numbers
  bool regression = false;
  bool multi_label = false;           // a text has any number of the labels
  std::string label_separator = ",";  // multi_label: between them in a TSV column
  std::vector<std::string> metrics;   // as eval/metrics.h and eval/multi_label.h name them
  std::string model_of;               // the task whose model predicts this one; empty: its own
  std::string metric_suffix;          // of the metrics reported beside those of model_of: "_mm"
  bool has_broken_rows = false;  // the official file has a few rows with missing columns, which are skipped
  std::string submission_file;   // in the GLUE server's zip
  int64_t num_test_rows = 0;     // of the official test file

  int64_t num_labels() const { return regression ? 1 : static_cast<int64_t>(label_names.size()); }
};

// The nine tasks, and mnli-mm and ax, which are predicted by a model of mnli.
const std::vector<GlueTask>& glue_tasks();
// "sst2", "SST-2", "sst-2", "SST2". Throws UsageError that names the nearest task.
const GlueTask& glue_task(std::string_view name);
// The tasks whose model_of is `task`.
std::vector<const GlueTask*> companions_of(const GlueTask& task);

struct GlueExample {
  std::string text_a, text_b;
  int32_t label = 0;  // index into label_names; 0 for regression, multi_label and without labels
  float score = 0;    // regression target
  std::vector<int32_t> label_set = {};  // multi_label: indices into label_names, ascending
};

// Reads TSV, or JSON lines if named .jsonl; plain, .gz or .zst. Quotes in TSV are plain characters; a
// byte-order mark is dropped. The labels of multi_label are separated by label_separator, or a JSON array,
// and may be none. Throws Error with file and line for a missing column (and the nearest name), a row with
// too few columns, an unknown label, an invalid score, bytes that are not UTF-8; and for a file without rows.
std::vector<GlueExample> read_glue(const GlueTask& task, const std::filesystem::path& file, bool has_labels);

// The file of "train", "dev" or "test" in `data_dir` or in its subdirectory of the task's name: .tsv or
// .jsonl, plain, .zst or .gz. Throws Error when there is no such directory.
std::optional<std::filesystem::path> try_find_glue_file(const GlueTask& task,
                                                        const std::filesystem::path& data_dir,
                                                        std::string_view split);
// As above, but throws Error that names the searched files if there is none.
std::filesystem::path find_glue_file(const GlueTask& task, const std::filesystem::path& data_dir,
                                     std::string_view split);

}  // namespace rpp
