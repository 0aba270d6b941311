#include "data/glue_submission.h"

#include <gtest/gtest.h>
#include <zip.h>

#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"
#include "data/glue.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<fs::path>;

std::string answers(int64_t count, const std::string& answer) {
  std::string text = "index\tprediction\n";
  for (int64_t i = 0; i < count; ++i) text += fmt::format("{}\t{}\n", i, answer);
  return text;
}

class GlueSubmission : public testing::Test {
 protected:
  // A run with `count` equal predictions, by default as many as the official file has rows.
  fs::path run(const std::string& task, const std::string& answer, int64_t count = 0) const {
    fs::create_directories(dir_ / task);
    dir_.write(task + "/predict_results_" + task + ".txt",
               answers(count > 0 ? count : glue_task(task).num_test_rows, answer));
    return dir_ / task;
  }
  fs::path zip() const { return dir_ / "glue.zip"; }

  std::string message(const Paths& runs, MissingTasks missing = MissingTasks::fill) const {
    std::string text = message_of([&] { write_glue_submission(runs, zip(), missing); });
    const std::string folder = dir_.path().string() + "/";
    for (size_t at = text.find(folder); at != std::string::npos; at = text.find(folder))
      text.erase(at, folder.size());
    return text;
  }

  std::string entry(const std::string& name) const {
    zip_t* archive = zip_open(zip().c_str(), ZIP_RDONLY, nullptr);
    zip_file_t* file = zip_fopen(archive, name.c_str(), 0);
    std::string text;
    if (file != nullptr) {
      text.resize(8 << 20);
      text.resize(static_cast<size_t>(zip_fread(file, text.data(), text.size())));
      zip_fclose(file);
    }
    zip_discard(archive);
    return text;
  }

  const TestDir dir_{testing::UnitTest::GetInstance()->current_test_info()->name()};
};

TEST_F(GlueSubmission, HasElevenFilesWithTheOfficialNumberOfRows) {
  const Paths runs = {run("rte", "not_entailment"), run("stsb", "5.250"), run("mnli-mm", "contradiction")};
  const auto files = write_glue_submission(runs, zip(), MissingTasks::fill);
  EXPECT_EQ(entry("RTE.tsv"), answers(3000, "not_entailment"));
  EXPECT_EQ(entry("STS-B.tsv"), answers(1379, "5.000"));  // clamped to the server's range
  EXPECT_EQ(entry("MNLI-mm.tsv"), answers(9847, "contradiction"));
  const std::pair<const char*, std::string> filled[] = {{"CoLA.tsv", answers(1063, "0")},
                                                        {"SST-2.tsv", answers(1821, "0")},
                                                        {"MRPC.tsv", answers(1725, "0")},
                                                        {"QQP.tsv", answers(390965, "0")},
                                                        {"MNLI-m.tsv", answers(9796, "entailment")},
                                                        {"QNLI.tsv", answers(5463, "entailment")},
                                                        {"WNLI.tsv", answers(146, "0")},
                                                        {"AX.tsv", answers(1104, "entailment")}};
  for (const auto& [name, text] : filled) EXPECT_EQ(entry(name), text) << name;
  ASSERT_EQ(files.size(), 11U);
  EXPECT_EQ(files[4].name, "STS-B.tsv");
  EXPECT_EQ(files[4].source, dir_ / "stsb/predict_results_stsb.txt");
  EXPECT_TRUE(files[0].source.empty());
}

TEST_F(GlueSubmission, NegativeScoresBecomeZero) {
  write_glue_submission(Paths{run("stsb", "-0.250")}, zip(), MissingTasks::fill);
  EXPECT_EQ(entry("STS-B.tsv"), answers(1379, "0.000"));
}

TEST_F(GlueSubmission, EqualPredictionsMakeEqualBytes) {
  const Paths runs = {run("rte", "entailment")};
  write_glue_submission(runs, zip(), MissingTasks::fill);
  const std::string once = read_file(zip());
  write_glue_submission(runs, zip(), MissingTasks::fill);
  EXPECT_EQ(read_file(zip()), once);
  // Time and date in the first local file header must not depend on the clock.
  EXPECT_EQ(once.substr(0, 4), "PK\x03\x04");
  EXPECT_EQ(once.substr(10, 4), std::string("\x00\x00\x21\x00", 4));
}

TEST_F(GlueSubmission, MissingTasksAreNamed) {
  EXPECT_EQ(
      message({run("rte", "entailment"), run("wnli", "1")}, MissingTasks::refuse),
      "no run has answered the test files of cola, sst2, mrpc, qqp, stsb, mnli, mnli-mm, ax, qnli: the GLUE "
      "server takes complete submissions only; --fill-missing gives these a constant");
  EXPECT_FALSE(fs::exists(zip()));
}

TEST_F(GlueSubmission, WrongFilesAreNamed) {
  EXPECT_EQ(message({run("rte", "entailment", 5)}),
            "rte/predict_results_rte.txt has 5 rows, the official test file of rte has 3000");
  EXPECT_EQ(message({run("rte", "yes")}),
            "rte/predict_results_rte.txt:2: unknown label 'yes' (expected entailment, not_entailment)");
  const fs::path wnli = run("wnli", "1");
  EXPECT_EQ(message({wnli, wnli}),
            "wnli/predict_results_wnli.txt and wnli/predict_results_wnli.txt are both of wnli: choose one");
  fs::create_directory(dir_ / "empty");
  EXPECT_EQ(message({dir_ / "empty"}),
            "empty has no predict_results_TASK.txt: rpp-finetune writes it when the data has a test file");
}

}  // namespace
}  // namespace rpp
