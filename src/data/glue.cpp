#include "rpp/data/glue.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "glue_row.h"
#include "rpp/core/error.h"
#include "rpp/core/line_reader.h"
#include "rpp/core/nearest.h"

namespace rpp {
namespace {

using std::filesystem::path;

const std::vector<std::string> kZeroOne = {"0", "1"};
const std::vector<std::string> kEntailment = {"entailment", "not_entailment"};

std::vector<GlueTask> make_tasks() {
  return {
      {.name = "cola",
       .directory = "CoLA",
       .columns = {"sentence", "", "label", 3, 1},
       .label_names = kZeroOne,
       .metrics = {"matthews", "accuracy"},
       .primary_metric = "matthews"},
      {.name = "sst2",
       .directory = "SST-2",
       .columns = {"sentence", "", "label"},
       .label_names = kZeroOne,
       .metrics = {"accuracy"},
       .primary_metric = "accuracy"},
      {.name = "mrpc",
       .directory = "MRPC",
       .columns = {"#1 String", "#2 String", "Quality"},
       .label_names = kZeroOne,
       .metrics = {"accuracy", "f1"},
       .primary_metric = "f1"},
      {.name = "qqp",
       .directory = "QQP",
       .columns = {"question1", "question2", "is_duplicate"},
       .label_names = kZeroOne,
       .metrics = {"accuracy", "f1"},
       .primary_metric = "f1"},
      {.name = "stsb",
       .directory = "STS-B",
       .columns = {"sentence1", "sentence2", "score"},
       .label_names = {},
       .regression = true,
       .metrics = {"pearson", "spearman"},
       .primary_metric = "pearson"},
      {.name = "mnli",
       .directory = "MNLI",
       .columns = {"sentence1", "sentence2", "gold_label"},
       .dev_file = "dev_matched",
       .test_file = "test_matched",
       .label_names = {"entailment", "neutral", "contradiction"},
       .metrics = {"accuracy"},
       .primary_metric = "accuracy"},
      {.name = "qnli",
       .directory = "QNLI",
       .columns = {"question", "sentence", "label"},
       .label_names = kEntailment,
       .metrics = {"accuracy"},
       .primary_metric = "accuracy"},
      {.name = "rte",
       .directory = "RTE",
       .columns = {"sentence1", "sentence2", "label"},
       .label_names = kEntailment,
       .metrics = {"accuracy"},
       .primary_metric = "accuracy"},
      {.name = "wnli",
       .directory = "WNLI",
       .columns = {"sentence1", "sentence2", "label"},
       .label_names = kZeroOne,
       .metrics = {"accuracy"},
       .primary_metric = "accuracy"},
  };
}

// "SST-2" and "sst_2" are "sst2".
std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) plain += static_cast<char>(std::tolower(c));
  }
  return plain;
}

using Row = std::vector<std::string_view>;

// Where the columns of one file are; absent ones have no value.
struct Layout {
  size_t text_a = 0;
  std::optional<size_t> text_b, label;
  bool has_header = true;

  size_t num_columns() const { return std::max({text_a, text_b.value_or(0), label.value_or(0)}) + 1; }
};

size_t require_column(const Row& header, const std::string& name, const path& file) {
  const auto it = std::find(header.begin(), header.end(), name);
  if (it == header.end()) {
    fail("{}:1: no column '{}' in the header ({})", file, name, fmt::join(header, ", "));
  }
  return static_cast<size_t>(it - header.begin());
}

Layout find_layout(const GlueTask& task, const Row& first_row, const path& file, bool has_labels) {
  const GlueColumns& columns = task.columns;
  const bool has_header = std::find(first_row.begin(), first_row.end(), columns.text_a) != first_row.end();
  Layout layout;
  if (!has_header && columns.headerless_text >= 0) {
    layout.has_header = false;
    layout.text_a = static_cast<size_t>(columns.headerless_text);
    if (has_labels) layout.label = static_cast<size_t>(columns.headerless_label);
    return layout;
  }
  layout.text_a = require_column(first_row, columns.text_a, file);
  if (!columns.text_b.empty()) layout.text_b = require_column(first_row, columns.text_b, file);
  if (has_labels) layout.label = require_column(first_row, columns.label, file);
  return layout;
}

// Reads rows with their line numbers into examples, and says where a bad one is.
class ExampleReader {
 public:
  ExampleReader(const GlueTask& task, const path& file, const Layout& layout)
      : task_(task), file_(file), layout_(layout) {}

  GlueExample read(const Row& row, int64_t line) const {
    if (row.size() < layout_.num_columns()) {
      fail("{}:{}: {} columns, expected at least {}", file_, line, row.size(), layout_.num_columns());
    }
    GlueExample example{.text_a = std::string(row[layout_.text_a]), .text_b = {}};
    if (layout_.text_b) example.text_b = row[*layout_.text_b];
    if (!layout_.label) return example;
    if (task_.regression) {
      example.score = static_cast<float>(parse_glue_score(row[*layout_.label], {file_, line}));
    } else {
      example.label = parse_glue_label(task_, row[*layout_.label], {file_, line});
    }
    return example;
  }

 private:
  const GlueTask& task_;
  const path& file_;
  const Layout& layout_;
};

std::string_view without_byte_order_mark(std::string_view line) {
  return line.starts_with("\xef\xbb\xbf") ? line.substr(3) : line;
}

}  // namespace

const std::vector<GlueTask>& glue_tasks() {
  static const std::vector<GlueTask> tasks = make_tasks();
  return tasks;
}

const GlueTask& glue_task(std::string_view name) {
  const std::string wanted = plain_name(name);
  std::vector<std::string> names;
  for (const GlueTask& task : glue_tasks()) {
    if (task.name == wanted) return task;
    names.push_back(task.name);
  }
  fail_usage("unknown task '{}': did you mean '{}'? (known: {})", name, nearest_name(wanted, names),
             fmt::join(names, ", "));
}

std::vector<GlueExample> read_glue(const GlueTask& task, const path& file, bool has_labels) {
  LineReader reader(file);
  std::string line;
  if (!reader.next(line)) fail("{} is empty", file);
  const Row first_row = split_tabs(without_byte_order_mark(line));
  const Layout layout = find_layout(task, first_row, file, has_labels);
  const ExampleReader rows(task, file, layout);

  std::vector<GlueExample> examples;
  if (!layout.has_header) examples.push_back(rows.read(first_row, 1));
  while (reader.next(line)) {
    if (!line.empty()) examples.push_back(rows.read(split_tabs(line), reader.line_number()));
  }
  if (examples.empty()) fail("{} has a header but no rows", file);
  return examples;
}

namespace {

const std::string& file_stem(const GlueTask& task, std::string_view split) {
  if (split == "train") return task.train_file;
  return split == "dev" ? task.dev_file : task.test_file;
}

}  // namespace

std::optional<path> try_find_glue_file(const GlueTask& task, const path& data_dir, std::string_view split) {
  if (!std::filesystem::is_directory(data_dir)) fail("no data directory {}: check --data-dir", data_dir);
  for (const path& dir : {data_dir, data_dir / task.directory}) {
    for (const char* suffix : {".tsv", ".tsv.zst", ".tsv.gz"}) {
      const path file = dir / (file_stem(task, split) + suffix);
      if (std::filesystem::is_regular_file(file)) return file;
    }
  }
  return std::nullopt;
}

path find_glue_file(const GlueTask& task, const path& data_dir, std::string_view split) {
  if (const auto file = try_find_glue_file(task, data_dir, split)) return *file;
  fail("no {}.tsv (or .tsv.zst, .tsv.gz) of task {} in {} or its folder {}", file_stem(task, split),
       task.name, data_dir, task.directory);
}

}  // namespace rpp
