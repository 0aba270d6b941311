#include "data/custom_task.h"

#include <gtest/gtest.h>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class CustomTask : public testing::Test {
 protected:
  GlueTask task(const std::string& text, CustomTaskConfig config = {}) const {
    return custom_task(config, std::vector<fs::path>{dir_.write("train.tsv", text)});
  }
  std::string message(const std::string& text, CustomTaskConfig config = {}) const {
    const std::string whole = message_of([&] { task(text, config); });
    return whole.substr(std::min(whole.find("train.tsv"), whole.size()));
  }

  const TestDir dir_{testing::UnitTest::GetInstance()->current_test_info()->name()};
};

TEST_F(CustomTask, LabelsAreCollectedFromTheTrainingFilesAndSorted) {
  EXPECT_EQ(task("text\tlabel\na\tspam\nb\tham\nc\tspam\n").label_names, (Names{"ham", "spam"}));
}

TEST_F(CustomTask, WholeNumbersAreSortedByValue) {
  EXPECT_EQ(task("text\tlabel\na\t10\nb\t9\nc\t-1\n").label_names, (Names{"-1", "9", "10"}));
}

TEST_F(CustomTask, LabelsOfSeveralFilesAreMerged) {
  const auto first = dir_.write("a.tsv", "text\tlabel\na\tx\n");
  const auto second = dir_.write("b.jsonl", "{\"text\": \"a\", \"label\": \"w\"}\n");
  EXPECT_EQ(custom_task({}, std::vector<fs::path>{first, second}).label_names, (Names{"w", "x"}));
}

TEST_F(CustomTask, GivenLabelsKeepTheirOrder) {
  EXPECT_EQ(custom_task({.labels = {"no", "maybe", "yes"}}, {}).label_names, (Names{"no", "maybe", "yes"}));
}

TEST_F(CustomTask, ColumnsAreFoundByName) {
  const CustomTaskConfig columns = {.text = "title", .text_pair = "body", .label = "kind"};
  const std::string text = "kind\tbody\ttitle\nspam\tB\tA\nham\tD\tC\n";
  const auto examples = read_glue(task(text, columns), dir_ / "train.tsv", true);
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].text_a, "A");
  EXPECT_EQ(examples[0].text_b, "B");
  EXPECT_EQ(examples[0].label, 1);
}

// A column of row numbers has a label per row: a linear search through the labels for each row would take
// minutes.
TEST_F(CustomTask, EveryRowMayHaveItsOwnLabel) {
  constexpr int kRows = 100'000;
  std::string text = "text\tlabel\n";
  for (int i = 0; i < kRows; ++i) text += fmt::format("a\t{}\n", i);
  const auto examples = read_glue(task(text, {}), dir_ / "train.tsv", true);
  ASSERT_EQ(examples.size(), kRows);
  EXPECT_EQ(examples.back().label, kRows - 1);
}

TEST_F(CustomTask, RegressionReadsNumbers) {
  const GlueTask regression = task("", {.regression = true});
  EXPECT_EQ(regression.num_labels(), 1);
  const auto file = dir_.write("r.tsv", "text\tlabel\na\t-2.5\n");
  EXPECT_EQ(read_glue(regression, file, true)[0].score, -2.5F);
}

TEST_F(CustomTask, ATextMayHaveSeveralLabelsOrNone) {
  const CustomTaskConfig config = {.multi_label = true};
  const std::string text = "text\tlabel\na\tnews, sport\nb\t\nc\tsport,art,sport\n";
  const GlueTask topics = task(text, config);
  EXPECT_EQ(topics.label_names, (Names{"art", "news", "sport"}));
  EXPECT_EQ(topics.metrics, (Names{"micro_f1", "macro_f1", "subset_accuracy"}));
  const auto examples = read_glue(topics, dir_ / "train.tsv", true);
  ASSERT_EQ(examples.size(), 3U);
  EXPECT_EQ(examples[0].label_set, (std::vector<int32_t>{1, 2}));
  EXPECT_TRUE(examples[1].label_set.empty());
  EXPECT_EQ(examples[2].label_set, (std::vector<int32_t>{0, 2}));
}

TEST_F(CustomTask, LabelsOfJsonLinesAreArrays) {
  const auto file = dir_.write("a.jsonl",
                               "{\"text\": \"a\", \"label\": [\"news\", \"sport\"]}\n"
                               "{\"text\": \"b\", \"label\": []}\n{\"text\": \"c\", \"label\": [3]}\n");
  const GlueTask topics = custom_task({.multi_label = true}, std::vector<fs::path>{file});
  EXPECT_EQ(topics.label_names, (Names{"3", "news", "sport"}));
  const auto examples = read_glue(topics, file, true);
  EXPECT_EQ(examples[0].label_set, (std::vector<int32_t>{1, 2}));
  EXPECT_TRUE(examples[1].label_set.empty());
  EXPECT_EQ(examples[2].label_set, (std::vector<int32_t>{0}));
}

TEST_F(CustomTask, BadRowsOfSeveralLabelsAreNamed) {
  const CustomTaskConfig config = {.multi_label = true};
  const GlueTask topics = task("text\tlabel\na\tnews,sport\n", config);
  const auto message_for = [&](const std::string& name, const std::string& text) {
    const auto file = dir_.write(name, text);
    const std::string whole = message_of([&] { read_glue(topics, file, true); });
    return whole.substr(std::min(whole.find(name), whole.size()));
  };
  EXPECT_EQ(message_for("dev.tsv", "text\tlabel\na\tnews\nb\tnews,weather\n"),
            "dev.tsv:3: unknown label 'weather' (expected news, sport)");
  EXPECT_EQ(message_for("dev.tsv", "text\tlabel\na\tnews,,sport\n"),
            "dev.tsv:2: unknown label '' (expected news, sport)");
  EXPECT_EQ(message_for("dev.jsonl", "{\"text\": \"a\", \"label\": [[\"news\"]]}\n"),
            "dev.jsonl:1: 'label' holds [\"news\"], expected texts or numbers");
  EXPECT_EQ(message("text\tlabel\na\tnews,\n", config), "train.tsv:2: the label is empty: give each row one");
  EXPECT_EQ(message_of([] {
              custom_task({.labels = {"a,b", "c"}, .multi_label = true}, {});
            }),
            "the label 'a,b' contains custom.label_separator ',': choose another separator");
}

TEST_F(CustomTask, MetricsFitTheLabels) {
  EXPECT_EQ(custom_task({.labels = {"a", "b"}}, {}).metrics, (Names{"accuracy", "f1"}));
  EXPECT_EQ(custom_task({.labels = {"a", "b", "c"}}, {}).metrics, (Names{"accuracy", "macro_f1"}));
  EXPECT_EQ(custom_task({.regression = true}, {}).metrics, (Names{"pearson", "spearman"}));
}

TEST_F(CustomTask, DataThatIsNotAClassificationIsRefused) {
  EXPECT_EQ(message("text\tlabel\na\tx\nb\tx\n"),
            "train.tsv: column 'label' holds 1 labels: a classification needs two");
  EXPECT_EQ(message("text\tlabels\na\tx\n"),
            "train.tsv:1: no column 'label' in the header (text, labels): the nearest is 'labels'");
  EXPECT_EQ(message("text\tlabel\na\tx\nb\t\n"), "train.tsv:3: the label is empty: give each row one");
}

TEST_F(CustomTask, LabelsThatWouldBreakTheOutputFormatAreRefused) {
  EXPECT_EQ(message("text\tlabel\na\tx\nb\t\x1b[31mred\n"),
            "train.tsv:3: the label \"\\u001b[31mred\" holds a tab, a line end or another control character: "
            "results "
            "are tables of labels");
  const auto complaint = [](const Names& labels) {
    return message_of([&] { custom_task({.labels = labels}, {}); });
  };
  EXPECT_EQ(complaint({"a", "b", "a"}),
            "custom.labels: two classes have the label \"a\": results are tables of labels");
  EXPECT_NE(complaint({"a", "b\n"}).find("the label \"b\\n\" holds a tab, a line end"), std::string::npos);
}

TEST_F(CustomTask, LabelsAreTakenLiterally) {
  EXPECT_EQ(task("text\tlabel\na\t+\nb\t-\nc\t\u574f\nd\tA\ne\ta\n").label_names,
            (Names{"+", "-", "A", "a", "\u574f"}));
}

TEST_F(CustomTask, ReadsTheTaskFromAFinishedRun) {
  dir_.write("config.json", R"({"finetuning_task": "custom", "id2label": {"0": "a", "1": "b", "2": "c"}})");
  const GlueTask found = custom_task_of_run(dir_.path());
  EXPECT_EQ(found.label_names, (Names{"a", "b", "c"}));
  EXPECT_EQ(found.metrics, (Names{"accuracy", "macro_f1"}));
  dir_.write("config.json",
             R"({"finetuning_task": "custom", "problem_type": "regression", "id2label": {"0": "score"}})");
  EXPECT_EQ(custom_task_of_run(dir_.path()).num_labels(), 1);
  dir_.write("config.json", R"({"finetuning_task": "sst2"})");
  EXPECT_EQ(message_of([&] { custom_task_of_run(dir_.path()); }),
            fmt::format("{}: config.json is of the task 'sst2', expected 'custom'", dir_.path()));
}

}  // namespace
}  // namespace rpp
