// The GLUE tasks: their files, columns and labels, and the examples in them.
//
// Layouts are those of the official archives (Wang et al. 2019); a column is found by its header name, so
// files with fewer columns are read too. A task of one's own has the same form (data/custom_task.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rpp {

// Columns are found by their names in the header; by index (from 0) in CoLA's train and dev files, which have
// none.
struct GlueColumns {
  std::string text_a, text_b, label;  // text_b is empty for single sentences
  int headerless_text = -1, headerless_label = -1;
};

struct GlueTask {
  std::string name;       // "sst2"
  std::string directory;  // "SST-2", as in the official archive
  GlueColumns columns;
  std::string train_file = "train", dev_file = "dev";  // without suffix; empty: there is none
  std::vector<std::string> test_files = {"test"};      // the first that is there
  std::vector<std::string> label_names;                // in files, by label; empty for regression
  std::vector<std::string> label_words;                // transformers' names, where the files have numbers
  bool regression = false;
  std::vector<std::string> metrics;  // as eval/metrics.h names them
  std::string model_of;              // the task whose model answers this one; empty: its own
  std::string metric_suffix;         // of the results beside those of model_of: "_mm"
  bool has_broken_rows = false;      // the official file does: a few rows without all columns are passed over
  std::string submission_file;       // in the GLUE server's zip
  int64_t num_test_rows = 0;         // of the official test file

  int64_t num_labels() const { return regression ? 1 : static_cast<int64_t>(label_names.size()); }
};

// The nine tasks, and mnli-mm and ax, which a model of mnli answers.
const std::vector<GlueTask>& glue_tasks();
// "sst2", "SST-2", "sst-2", "SST2". Throws UsageError that names the nearest task.
const GlueTask& glue_task(std::string_view name);
// Those whose model_of is `task`.
std::vector<const GlueTask*> companions_of(const GlueTask& task);

struct GlueExample {
  std::string text_a, text_b;
  int32_t label = 0;  // index into label_names; 0 for regression and without labels
  float score = 0;    // regression target
};

// Reads TSV, or a file of JSON objects, a line each, named .jsonl; plain, .gz or .zst. Quotes in TSV are
// plain characters; a byte-order mark is dropped. Throws Error with file and line for a missing column (and
// the nearest), a row with too few columns, an unknown label, a score that is no number, bytes that are not
// UTF-8; and for a file without rows.
std::vector<GlueExample> read_glue(const GlueTask& task, const std::filesystem::path& file, bool has_labels);

// The file of "train", "dev" or "test" in `data_dir` or in its subdirectory of the task's name: .tsv or
// .jsonl, plain, .zst or .gz. Throws Error when there is no such directory.
std::optional<std::filesystem::path> try_find_glue_file(const GlueTask& task,
                                                        const std::filesystem::path& data_dir,
                                                        std::string_view split);
// As above, but throws Error that names what was looked for when there is none.
std::filesystem::path find_glue_file(const GlueTask& task, const std::filesystem::path& data_dir,
                                     std::string_view split);

}  // namespace rpp
