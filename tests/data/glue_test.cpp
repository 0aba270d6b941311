#include "rpp/data/glue.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

class Glue : public testing::Test {
 protected:
  std::vector<GlueExample> read(const std::string& task, std::string_view text) const {
    return read_glue(glue_task(task), dir_.write("file.tsv", text), true);
  }
  // The message of a bad file, from the file's name on.
  std::string message(const std::string& task, std::string_view text) const {
    const std::string whole = message_of([&] { read(task, text); });
    const size_t at = whole.find("file.tsv");
    return at == std::string::npos ? whole : whole.substr(at);
  }

  const TestDir dir_{testing::UnitTest::GetInstance()->current_test_info()->name()};
};

struct ReadCase {
  const char* task;
  const char* text;
  GlueExample first;
};

TEST_F(Glue, EveryTaskIsReadByTheNamesOfItsColumns) {
  const ReadCase cases[] = {
      {"cola", "gj04\t1\t\tA b.\n", {"A b.", "", 1}},
      {"cola", "index\tsentence\tlabel\n0\tA b.\t1\n", {"A b.", "", 1}},
      {"sst2", "sentence\tlabel\na b \t0\n", {"a b ", "", 0}},
      {"mrpc", "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t8\t9\tA\tB\n", {"A", "B", 1}},
      {"qqp", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n0\t1\t2\tA?\tB?\t1\n", {"A?", "B?", 1}},
      {"stsb", "index\tsentence1\tsentence2\tscore\n0\tA\tB\t3.750\n", {"A", "B", 0, 3.75F}},
      {"mnli", "index\tsentence1\tsentence2\tgold_label\n0\tA\tB\tcontradiction\n", {"A", "B", 2}},
      {"qnli", "index\tquestion\tsentence\tlabel\n0\tA?\tB\tnot_entailment\n", {"A?", "B", 1}},
      {"rte", "index\tsentence1\tsentence2\tlabel\n0\tA\tB\tentailment\n", {"A", "B", 0}},
      {"wnli", "index\tsentence1\tsentence2\tlabel\n0\tA\tB\t1\n", {"A", "B", 1}},
  };
  for (const ReadCase& c : cases) {
    const std::vector<GlueExample> examples = read(c.task, c.text);
    ASSERT_EQ(examples.size(), 1U) << c.task;
    EXPECT_EQ(examples[0].text_a, c.first.text_a) << c.task;
    EXPECT_EQ(examples[0].text_b, c.first.text_b) << c.task;
    EXPECT_EQ(examples[0].label, c.first.label) << c.task;
    EXPECT_EQ(examples[0].score, c.first.score) << c.task;
  }
}

TEST_F(Glue, TheOrderOfColumnsAndOthersBesideThemDoNotMatter) {
  const auto examples = read("mnli", "gold_label\tpairID\tsentence2\tsentence1\nneutral\t7\tB\tA\n");
  EXPECT_EQ(examples[0].text_a, "A");
  EXPECT_EQ(examples[0].text_b, "B");
  EXPECT_EQ(examples[0].label, 1);
}

TEST_F(Glue, AByteOrderMarkIsNoPartOfTheFirstColumn) {
  EXPECT_EQ(read("sst2", "\xef\xbb\xbfsentence\tlabel\na\t1\n").size(), 1U);
}

TEST_F(Glue, QuotesArePlainCharacters) {
  const auto examples = read("sst2", "sentence\tlabel\n\"a \"\"b\t1\n\"c\"\t0\n");
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].text_a, "\"a \"\"b");
  EXPECT_EQ(examples[1].text_a, "\"c\"");
}

TEST_F(Glue, WindowsLineEndsAndBlankLinesAreSkippedOver) {
  EXPECT_EQ(read("sst2", "sentence\tlabel\r\na\t1\r\n\r\nb\t0\r\n").size(), 2U);
}

TEST_F(Glue, WithoutLabelsTheirColumnIsNotNeeded) {
  const auto file = dir_.write("test.tsv", "index\tsentence\n0\ta\n");
  EXPECT_EQ(read_glue(glue_task("cola"), file, false)[0].text_a, "a");
  EXPECT_EQ(read_glue(glue_task("sst2"), file, false)[0].text_a, "a");
}

TEST_F(Glue, BadRowsAreNamedByLine) {
  EXPECT_EQ(message("sst2", "sentence\tlabel\na\t1\nno tab\n"), "file.tsv:3: 1 columns, expected at least 2");
  EXPECT_EQ(message("cola", "gj04\t1\t\ta\ngj04\t1\ta\n"), "file.tsv:2: 3 columns, expected at least 4");
  EXPECT_EQ(message("cola", "gj04\t1\ta\n"), "file.tsv:1: 3 columns, expected at least 4");
  EXPECT_EQ(message("sst2", "sentence\tlabel\n\na\t2\n"), "file.tsv:3: unknown label '2' (expected 0, 1)");
  EXPECT_EQ(message("rte", "index\tsentence1\tsentence2\tlabel\n0\tA\tB\tentail\n"),
            "file.tsv:2: unknown label 'entail' (expected entailment, not_entailment)");
}

TEST_F(Glue, AScoreIsAFiniteNumber) {
  for (const std::string score : {"", "3.2x", "nan", "inf"}) {
    EXPECT_EQ(message("stsb", fmt::format("sentence1\tsentence2\tscore\nA\tB\t{}\n", score)),
              fmt::format("file.tsv:2: '{}' is no score (expected a number)", score));
  }
}

TEST_F(Glue, AHeaderWithoutAColumnIsQuoted) {
  EXPECT_EQ(message("sst2", "text\tlabel\na\t1\n"),
            "file.tsv:1: no column 'sentence' in the header (text, label)");
}

TEST_F(Glue, FilesWithoutRowsAreRefused) {
  EXPECT_EQ(message("sst2", ""), "file.tsv is empty");
  EXPECT_EQ(message("sst2", "sentence\tlabel\n"), "file.tsv has a header but no rows");
}

TEST(GlueTasks, AreFoundBySeveralSpellings) {
  for (const char* name : {"sst2", "SST-2", "sst-2", "SST2"}) EXPECT_EQ(glue_task(name).directory, "SST-2");
  EXPECT_EQ(glue_task("mnli").num_labels(), 3);
  EXPECT_EQ(glue_task("sts-b").num_labels(), 1);
}

TEST(GlueTasks, AnUnknownOneIsAnsweredWithTheNearest) {
  EXPECT_EQ(message_of([] { glue_task("sst3"); }),
            "unknown task 'sst3': did you mean 'sst2'? (known: cola, sst2, mrpc, qqp, stsb, mnli, qnli, rte, "
            "wnli)");
  EXPECT_THROW(glue_task(""), UsageError);
}

TEST_F(Glue, FilesAreFoundInTheDirectoryOrInTheTasksFolder) {
  fs::create_directory(dir_ / "SST-2");
  const auto inner = dir_.write("SST-2/train.tsv.gz", "");
  EXPECT_EQ(find_glue_file(glue_task("sst2"), dir_.path(), "train"), inner);
  const auto outer = dir_.write("train.tsv", "");
  EXPECT_EQ(find_glue_file(glue_task("sst2"), dir_.path(), "train"), outer);
  const auto matched = dir_.write("dev_matched.tsv.zst", "");
  EXPECT_EQ(find_glue_file(glue_task("mnli"), dir_.path(), "dev"), matched);
}

TEST_F(Glue, AMissingFileIsNamedWithWhereItWasLookedFor) {
  EXPECT_EQ(
      message_of([&] { find_glue_file(glue_task("cola"), dir_.path(), "dev"); }),
      fmt::format("no dev.tsv (or .tsv.zst, .tsv.gz) of task cola in {} or its folder CoLA", dir_.path()));
  EXPECT_EQ(message_of([&] { find_glue_file(glue_task("cola"), dir_ / "absent", "dev"); }),
            fmt::format("no data directory {}: check --data-dir", dir_ / "absent"));
}

TEST_F(Glue, CompressedFilesAreReadAsPlainOnes) {
  gzFile gz = gzopen((dir_ / "a.tsv.gz").c_str(), "wb");
  gzputs(gz, "sentence\tlabel\na\t1\n");
  gzclose(gz);
  EXPECT_EQ(read_glue(glue_task("sst2"), dir_ / "a.tsv.gz", true)[0].text_a, "a");
}

}  // namespace
}  // namespace rpp
