#include "data/model_labels.h"

#include <gtest/gtest.h>

#include <numeric>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

using Names = std::vector<std::string>;
using Rows = std::vector<int64_t>;

LabelMatch match(const std::string& task, const ModelLabels& model, int64_t num_rows) {
  return match_labels(glue_task(task), model, num_rows, "bert");
}

TEST(MatchLabels, TheTaskOrderIsKept) {
  const ModelLabels model = {.task = "mnli", .names = {"entailment", "neutral", "contradiction"}};
  EXPECT_EQ(match("mnli", model, 3).order, LabelOrder::same);
}

TEST(MatchLabels, AnotherOrderIsMappedToTheTaskOrder) {
  const LabelMatch found = match("mnli", {.names = {"contradiction", "entailment", "neutral"}}, 3);
  EXPECT_EQ(found.order, LabelOrder::permuted);
  EXPECT_EQ(found.rows, (Rows{1, 2, 0}));  // entailment is row 1 of the classifier
}

TEST(MatchLabels, CaseAndPunctuationOfNamesDoNotMatter) {
  EXPECT_EQ(match("mnli", {.names = {"CONTRADICTION", "NEUTRAL", "ENTAILMENT"}}, 3).rows, (Rows{2, 1, 0}));
  EXPECT_EQ(match("rte", {.names = {"entailment", "not-entailment"}}, 2).order, LabelOrder::same);
}

// Names that are equal when only letters and digits are compared.
TEST(MatchLabels, SimilarNamesAreKeptApart) {
  const auto match_custom = [](const Names& task_labels, const Names& model_labels) {
    const GlueTask task{.name = "custom", .label_names = task_labels};
    return match_labels(task, {.task = "custom", .names = model_labels}, std::ssize(model_labels), "bert");
  };
  const Names sets[] = {{"-1", "0", "1"}, {"+", "-"},    {"\u574f", "\u597d"},
                        {"A", "a"},       {"1.5", "15"}, {"c", "c++"}};
  for (const Names& labels : sets) {
    EXPECT_EQ(match_custom(labels, labels).order, LabelOrder::same) << labels[0];
    const Names reversed(labels.rbegin(), labels.rend());
    const LabelMatch found = match_custom(reversed, labels);
    EXPECT_EQ(found.order, LabelOrder::permuted) << labels[0];
    Rows rows(labels.size());
    std::iota(rows.rbegin(), rows.rend(), 0);
    EXPECT_EQ(found.rows, rows) << labels[0];
  }
  EXPECT_EQ(match_custom({"1", "2"}, {"-1", "-2"}).order, LabelOrder::other);
  EXPECT_EQ(match_custom({"yes", "no"}, {"Yes", "No"}).order, LabelOrder::other);
  EXPECT_EQ(match("cola", {.names = {"-0", "-1"}}, 2).order, LabelOrder::other);
}

TEST(MatchLabels, TwoLabelsNeverMapToOneRow) {
  EXPECT_EQ(match("rte", {.names = {"entailment", "Entailment"}}, 2).order, LabelOrder::other);
}

TEST(MatchLabels, SignedNumbersOfAnotherTaskAreIgnored) {
  const GlueTask task{.name = "custom", .label_names = {"-1", "1"}};
  EXPECT_EQ(match_labels(task, {.task = "sst2", .names = {"-1", "1"}}, 2, "bert").order, LabelOrder::other);
}

TEST(MatchLabels, WordsMatchTheNumbersInTheFiles) {
  EXPECT_EQ(match("sst2", {.names = {"NEGATIVE", "POSITIVE"}}, 2).order, LabelOrder::same);
  EXPECT_EQ(match("mrpc", {.names = {"equivalent", "not_equivalent"}}, 2).rows, (Rows{1, 0}));
}

TEST(MatchLabels, GenericOrAbsentNamesAreUnnamed) {
  EXPECT_EQ(match("mnli", {.names = {"LABEL_0", "LABEL_1", "LABEL_2"}}, 3).order, LabelOrder::unnamed);
  EXPECT_EQ(match("mnli", {}, 3).order, LabelOrder::unnamed);
}

TEST(MatchLabels, OtherNamesOrAnotherCountMeanAnotherTask) {
  const ModelLabels mnli = {.task = "mnli", .names = {"entailment", "neutral", "contradiction"}};
  for (const char* task : {"rte", "mrpc", "stsb"})
    EXPECT_EQ(match(task, mnli, 3).order, LabelOrder::other) << task;
  EXPECT_EQ(match("rte", {.names = {"negative", "positive"}}, 2).order, LabelOrder::other);
  EXPECT_EQ(match("mnli", {}, 2).order, LabelOrder::other);  // without names the count differs
}

TEST(MatchLabels, NumbersOfAnotherTaskAreIgnored) {
  const Names numbers = {"0", "1"};
  EXPECT_EQ(match("mrpc", {.task = "sst2", .names = numbers}, 2).order, LabelOrder::other);
  EXPECT_EQ(match("mrpc", {.task = "mrpc", .names = numbers}, 2).order, LabelOrder::same);
  EXPECT_EQ(match("mrpc", {.task = "qqp", .names = {"LABEL_0", "LABEL_1"}}, 2).order, LabelOrder::other);
  EXPECT_EQ(match("stsb", {.task = "custom", .names = {"score"}, .problem_type = "regression"}, 1).order,
            LabelOrder::other);
  EXPECT_EQ(match("stsb", {.task = "stsb", .names = {"score"}, .problem_type = "regression"}, 1).order,
            LabelOrder::same);
}

TEST(MatchLabels, ADifferentCountThanTheClassifierRowsIsRefused) {
  EXPECT_EQ(message_of([] {
              match("rte", {.names = {"a", "b", "c"}}, 2);
            }),
            "bert: config.json names 3 labels (a, b, c), but the classifier has 2 rows: correct id2label");
}

TEST(ReadModelLabels, ReadsWhatFineTuningWrites) {
  const TestDir dir("model_labels");
  dir.write("config.json", R"({"finetuning_task": "rte", "problem_type": "single_label_classification",
                              "id2label": {"1": "not_entailment", "0": "entailment"}})");
  const ModelLabels labels = read_model_labels(dir.path());
  EXPECT_EQ(labels.task, "rte");
  EXPECT_EQ(labels.names, (Names{"entailment", "not_entailment"}));
  EXPECT_FALSE(labels.regression());
  dir.write("config.json", R"({"finetuning_task": null})");
  EXPECT_TRUE(read_model_labels(dir.path()).names.empty());
}

TEST(ReadModelLabels, NamesThatWouldBreakTheOutputFormatAreRefused) {
  const TestDir dir("bad_labels");
  const auto complaint = [&](const std::string& name) {
    const auto file = dir.write("config.json", R"({"id2label": {"0": "ham", "1": ")" + name + "\"}}");
    const std::string message = message_of([&] { read_model_labels(dir.path()); });
    return message.starts_with(file.string() + ": id2label: ") ? message.substr(file.string().size() + 12)
                                                               : message;
  };
  for (const std::string name : {"a\\nb", "a\\tb", "\\u001b[2J", "a\\u007f", "a\\u009b"}) {
    EXPECT_NE(
        complaint(name).find(" holds a tab, a line end or another control character: write other names"),
        std::string::npos)
        << name;
  }
  EXPECT_EQ(complaint("ham"), "two classes have the label \"ham\": write other names");
  for (const std::string name : {"Ham", "a b", "\u00e9", "\u597d", "\u00a0"})
    EXPECT_EQ(complaint(name), "no error");
}

TEST(ReadModelLabels, ANullNameBecomesTheClassNumber) {
  const TestDir dir("null_labels");
  dir.write("config.json", R"({"problem_type": null, "id2label": {"0": "ham", "1": null}})");
  const ModelLabels labels = read_model_labels(dir.path());
  EXPECT_EQ(labels.names, (Names{"ham", "LABEL_1"}));
  EXPECT_EQ(labels.problem_type, "");
}

TEST(ClassNames, ComeFromTheModelOrAreNumbers) {
  EXPECT_EQ(class_names({.names = {"ham", "spam"}}, 2, "bert"), (Names{"ham", "spam"}));
  EXPECT_EQ(class_names({}, 3, "bert"), (Names{"LABEL_0", "LABEL_1", "LABEL_2"}));
  EXPECT_EQ(message_of([] {
              class_names({.names = {"ham", "spam"}}, 3, "bert");
            }),
            "bert: config.json names 2 labels (ham, spam), but the classifier has 3 rows: correct id2label");
}

TEST(ReadModelLabels, ADamagedFileIsNamed) {
  const TestDir dir("damaged_labels");
  const auto file = dir.write("config.json", R"({"id2label": {"1": "a", "2": "b"}})");
  EXPECT_EQ(
      message_of([&] { read_model_labels(dir.path()); }),
      fmt::format(R"({}: id2label is {{"1":"a","2":"b"}}, it must name the classes "0", "1", ...)", file));
  dir.write("config.json", "[1]");
  EXPECT_EQ(message_of([&] { read_model_labels(dir.path()); }),
            fmt::format("{} holds no JSON object, but [1]", file));
}

}  // namespace
}  // namespace rpp
