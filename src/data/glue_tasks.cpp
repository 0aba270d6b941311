// The table of the tasks.
#include "core/nearest.h"
#include "data/glue.h"
#include "glue_row.h"
#include "rpp/error.h"

namespace rpp {
namespace {

const std::vector<std::string> kZeroOne = {"0", "1"};
const std::vector<std::string> kEntailment = {"entailment", "not_entailment"};
const std::vector<std::string> kInference = {"entailment", "neutral", "contradiction"};

// Row counts: the official archive's. label_words: GLUE in Hugging Face's datasets.
std::vector<GlueTask> make_tasks() {
  return {
      {.name = "cola",
       .directory = "CoLA",
       .columns = {"sentence", "", "label", 3, 1},
       .label_names = kZeroOne,
       .label_words = {"unacceptable", "acceptable"},
       .metrics = {"matthews", "accuracy"},
       .submission_file = "CoLA.tsv",
       .num_test_rows = 1063},
      {.name = "sst2",
       .directory = "SST-2",
       .columns = {"sentence", "", "label"},
       .label_names = kZeroOne,
       .label_words = {"negative", "positive"},
       .metrics = {"accuracy"},
       .submission_file = "SST-2.tsv",
       .num_test_rows = 1821},
      {.name = "mrpc",
       .directory = "MRPC",
       .columns = {"#1 String", "#2 String", "Quality"},
       .label_names = kZeroOne,
       .label_words = {"not_equivalent", "equivalent"},
       .metrics = {"accuracy", "f1", "combined_score"},
       .submission_file = "MRPC.tsv",
       .num_test_rows = 1725},
      {.name = "qqp",
       .directory = "QQP",
       .columns = {"question1", "question2", "is_duplicate"},
       .label_names = kZeroOne,
       .label_words = {"not_duplicate", "duplicate"},
       .metrics = {"accuracy", "f1", "combined_score"},
       .has_broken_rows = true,
       .submission_file = "QQP.tsv",
       .num_test_rows = 390965},
      {.name = "stsb",
       .directory = "STS-B",
       .columns = {"sentence1", "sentence2", "score"},
       .regression = true,
       .metrics = {"pearson", "spearman", "combined_score"},
       .submission_file = "STS-B.tsv",
       .num_test_rows = 1379},
      {.name = "mnli",
       .directory = "MNLI",
       .columns = {"sentence1", "sentence2", "gold_label"},
       .dev_file = "dev_matched",
       .test_files = {"test_matched"},
       .label_names = kInference,
       .metrics = {"accuracy"},
       .submission_file = "MNLI-m.tsv",
       .num_test_rows = 9796},
      {.name = "mnli-mm",
       .directory = "MNLI",
       .columns = {"sentence1", "sentence2", "gold_label"},
       .train_file = "",
       .dev_file = "dev_mismatched",
       .test_files = {"test_mismatched"},
       .label_names = kInference,
       .metrics = {"accuracy"},
       .model_of = "mnli",
       .metric_suffix = "_mm",
       .submission_file = "MNLI-mm.tsv",
       .num_test_rows = 9847},
      {.name = "ax",
       .directory = "AX",
       .columns = {"sentence1", "sentence2", "label"},
       .train_file = "",
       .dev_file = "",
       .test_files = {"diagnostic", "diagnostic/diagnostic", "AX", "AX/test"},
       .label_names = kInference,
       .metrics = {"matthews", "accuracy"},
       .model_of = "mnli",
       .metric_suffix = "_ax",
       .submission_file = "AX.tsv",
       .num_test_rows = 1104},
      {.name = "qnli",
       .directory = "QNLI",
       .columns = {"question", "sentence", "label"},
       .label_names = kEntailment,
       .metrics = {"accuracy"},
       .submission_file = "QNLI.tsv",
       .num_test_rows = 5463},
      {.name = "rte",
       .directory = "RTE",
       .columns = {"sentence1", "sentence2", "label"},
       .label_names = kEntailment,
       .metrics = {"accuracy"},
       .submission_file = "RTE.tsv",
       .num_test_rows = 3000},
      {.name = "wnli",
       .directory = "WNLI",
       .columns = {"sentence1", "sentence2", "label"},
       .label_names = kZeroOne,
       .label_words = {"not_entailment", "entailment"},
       .metrics = {"accuracy"},
       .submission_file = "WNLI.tsv",
       .num_test_rows = 146},
  };
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
    if (plain_name(task.name) == wanted) return task;
    names.push_back(task.name);
  }
  for (const char* other : {"custom", "squad1", "squad2"}) names.emplace_back(other);
  fail_usage("unknown task '{}'{} (known: {})", name, did_you_mean(wanted, names), fmt::join(names, ", "));
}

std::vector<const GlueTask*> companions_of(const GlueTask& task) {
  std::vector<const GlueTask*> companions;
  for (const GlueTask& other : glue_tasks()) {
    if (other.model_of == task.name) companions.push_back(&other);
  }
  return companions;
}

}  // namespace rpp
