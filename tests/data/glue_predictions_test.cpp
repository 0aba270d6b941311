#include "data/glue_predictions.h"

#include <gtest/gtest.h>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

const std::string kHeader = "index\tprediction\tlabel\n";

class GluePredictionsTest : public testing::Test {
 protected:
  fs::path run(const std::string& name, const std::string& task, const std::string& text) const {
    fs::create_directories(dir_.path() / name);
    dir_.write(name + "/eval_predictions_" + task + ".txt", text);
    return dir_.path() / name;
  }
  // The error message from reading a file, starting at the file's name.
  std::string bad_file(const std::string& task, const std::string& text) const {
    const fs::path file = dir_.write("file.txt", text);
    return from_name(message_of([&] { read_glue_predictions(glue_task(task), file); }));
  }
  // The error message from loading runs, without the path of the test's directory.
  std::string bad_runs(const std::vector<fs::path>& directories) const {
    return from_name(message_of([&] { load_glue_runs(directories); }));
  }

  std::string from_name(std::string message) const {
    const std::string folder = dir_.path().string() + "/";
    for (size_t at = message.find(folder); at != std::string::npos; at = message.find(folder)) {
      message.erase(at, folder.size());
    }
    return message;
  }

  const TestDir dir_{testing::UnitTest::GetInstance()->current_test_info()->name()};
};

TEST_F(GluePredictionsTest, NamesOfLabelsBecomeClassNumbers) {
  const auto file = dir_.write("f.txt", kHeader + "0\tneutral\tentailment\n1\tcontradiction\tneutral\n");
  const GluePredictions rows = read_glue_predictions(glue_task("mnli"), file);
  EXPECT_EQ(rows.predictions, (std::vector<double>{1, 2}));
  EXPECT_EQ(rows.labels, (std::vector<double>{0, 1}));
}

TEST_F(GluePredictionsTest, SeedDirectoriesAreSortedByNumber) {
  for (const char* name :
       {"run/seed-10", "run/seed-2", "run/seed-0", "run/seed-x", "run/seed-1x", "run/seed", "one"}) {
    fs::create_directories(dir_ / name);
  }
  dir_.write("run/seed-3", "a file");
  const std::vector<fs::path> expected = {dir_ / "one", dir_ / "run/seed-0", dir_ / "run/seed-2",
                                          dir_ / "run/seed-10", dir_ / "absent"};
  EXPECT_EQ(expand_seeds({dir_ / "one", dir_ / "run", dir_ / "absent"}), expected);
}

TEST_F(GluePredictionsTest, ScoresOfRegressionAreNumbers) {
  const auto file = dir_.write("f.txt", kHeader + "0\t-0.125\t0.000\n1\t4.100\t5\n");
  const GluePredictions rows = read_glue_predictions(glue_task("stsb"), file);
  EXPECT_EQ(rows.predictions, (std::vector<double>{-0.125, 4.1}));
  EXPECT_EQ(rows.labels, (std::vector<double>{0, 5}));
}

TEST_F(GluePredictionsTest, ADamagedFileIsNamedWithItsLine) {
  EXPECT_EQ(bad_file("sst2", ""), "file.txt is empty");
  EXPECT_EQ(bad_file("sst2", kHeader), "file.txt has a header but no rows");
  EXPECT_EQ(
      bad_file("sst2", "index\tprediction\n0\t1\n"),
      "file.txt:1: no column 'label': predictions of a test file have none; an older rpp-finetune wrote none "
      "for the dev set either: run the fine-tuning again");
  EXPECT_EQ(bad_file("sst2", "0\t1\t1\n"), "file.txt:1: expected the columns index, prediction, label");
  EXPECT_EQ(bad_file("sst2", kHeader + "0\t1\t1\n1\t1\n"), "file.txt:3: 2 columns, expected 3");
  EXPECT_EQ(bad_file("sst2", kHeader + "0\t1\t1\n\n"), "file.txt:3: 1 columns, expected 3");
  EXPECT_EQ(bad_file("sst2", kHeader + "0\t1\t1\n2\t1\t0\n"), "file.txt:3: index '2', expected 1");
  EXPECT_EQ(bad_file("sst2", kHeader + "0\tyes\t1\n"), "file.txt:2: unknown label 'yes' (expected 0, 1)");
  EXPECT_EQ(bad_file("sst2", kHeader + "0\t1\t-1\n"), "file.txt:2: unknown label '-1' (expected 0, 1)");
  EXPECT_EQ(bad_file("stsb", kHeader + "0\tnan\t1\n"),
            "file.txt:2: 'nan' is not a score (expected a number)");
  EXPECT_EQ(bad_file("stsb", kHeader + "0\t1\t2,5\n"),
            "file.txt:2: '2,5' is not a score (expected a number)");
}

TEST_F(GluePredictionsTest, PredictionsForATestFileHaveNoLabels) {
  const auto file = dir_.write("f.txt", "index\tprediction\n0\tneutral\n1\tentailment\n");
  EXPECT_EQ(read_glue_answers(glue_task("ax"), file), (std::vector<double>{1, 0}));
  const auto labelled = dir_.write("g.txt", kHeader + "0\tneutral\tneutral\n");
  EXPECT_EQ(from_name(message_of([&] { read_glue_answers(glue_task("ax"), labelled); })),
            "g.txt:1: expected the columns index, prediction");
}

TEST_F(GluePredictionsTest, ForMnliTheMatchedExamplesAreCompared) {
  const fs::path both = run("a", "mnli", kHeader + "0\tneutral\tentailment\n");
  run("a", "mnli-mm", kHeader + "0\tneutral\tneutral\n1\tneutral\tneutral\n");
  EXPECT_EQ(load_glue_runs(std::vector<fs::path>{both}).labels, (std::vector<double>{0}));
}

TEST_F(GluePredictionsTest, ACustomTaskIsReadFromTheConfigJsonBesideThePredictions) {
  const auto custom = [&](const std::string& name, const std::string& second) {
    const fs::path directory = run(name, "custom", kHeader + "0\tham\t" + second + "\n");
    dir_.write(name + "/config.json",
               R"({"finetuning_task": "custom", "id2label": {"0": "ham", "1": ")" + second + R"("}})");
    return directory;
  };
  const fs::path a = custom("a", "spam"), b = custom("b", "spam"), c = custom("c", "eggs");
  const GlueRuns runs = load_glue_runs(std::vector<fs::path>{a, b});
  EXPECT_EQ(runs.labels, (std::vector<double>{1}));
  EXPECT_EQ(runs.task.metrics, (std::vector<std::string>{"accuracy", "f1"}));
  EXPECT_EQ(bad_runs({a, c}), "c has the labels (ham, eggs), a has (ham, spam): compare runs of one task");
}

TEST_F(GluePredictionsTest, RunsKeepTheirOrder) {
  const GlueRuns runs =
      load_glue_runs(std::vector<fs::path>{run("a", "rte", kHeader + "0\tentailment\tentailment\n"),
                                           run("b", "rte", kHeader + "0\tnot_entailment\tentailment\n")});
  EXPECT_EQ(runs.task.name, "rte");
  EXPECT_EQ(runs.labels, (std::vector<double>{0}));
  EXPECT_EQ(runs.predictions, (std::vector<std::vector<double>>{{0}, {1}}));
}

TEST_F(GluePredictionsTest, RunsWithDifferentExamplesAreRefused) {
  const fs::path a = run("a", "sst2", kHeader + "0\t1\t1\n1\t1\t0\n");
  const fs::path fewer = run("fewer", "sst2", kHeader + "0\t1\t1\n");
  const fs::path relabelled = run("relabelled", "sst2", kHeader + "0\t1\t1\n1\t1\t1\n");
  const fs::path first_relabelled = run("first_relabelled", "sst2", kHeader + "0\t1\t0\n1\t1\t0\n");
  const fs::path other_task = run("other_task", "wnli", kHeader + "0\t1\t1\n1\t1\t0\n");
  EXPECT_EQ(
      bad_runs({a, fewer}),
      "fewer/eval_predictions_sst2.txt has 1 rows, a/eval_predictions_sst2.txt has 2: compare runs of the "
      "same dev file");
  EXPECT_EQ(
      bad_runs({a, a, relabelled}),
      "relabelled/eval_predictions_sst2.txt:3: another label than in a/eval_predictions_sst2.txt: compare "
      "runs of the same dev file");
  EXPECT_EQ(bad_runs({a, first_relabelled}),
            "first_relabelled/eval_predictions_sst2.txt:2: another label than in "
            "a/eval_predictions_sst2.txt: compare runs of the same dev file");
  EXPECT_EQ(bad_runs({a, other_task}), "other_task is a run of wnli, a of sst2: compare runs of one task");
}

TEST_F(GluePredictionsTest, ADirectoryWithoutRunsIsRefused) {
  const fs::path a = run("a", "sst2", kHeader + "0\t1\t1\n");
  run("both", "rte", kHeader);
  const fs::path both = run("both", "sst2", kHeader);
  fs::create_directories(dir_.path() / "unfinished");
  EXPECT_EQ(bad_runs({a, dir_.path() / "absent"}),
            "no directory absent: expected the output directory of an rpp-finetune run");
  EXPECT_EQ(bad_runs({dir_.path() / "unfinished"}),
            "unfinished has no eval_predictions_TASK.txt: has its rpp-finetune run finished?");
  EXPECT_EQ(bad_runs({both}), "both has predictions of several tasks (sst2, rte): keep one run a directory");
}

}  // namespace
}  // namespace rpp
