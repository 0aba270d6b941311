#include "data/glue.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class Glue : public testing::Test {
 protected:
  std::vector<GlueExample> read(const std::string& task, std::string_view text) const {
    return read_glue(glue_task(task), dir_.write("file.tsv", text), true);
  }
  // The error message for a bad file, starting at the file's name.
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

TEST_F(Glue, ColumnsOfEveryTaskAreFoundByName) {
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

TEST_F(Glue, ColumnOrderAndExtraColumnsDoNotMatter) {
  const auto examples = read("mnli", "gold_label\tpairID\tsentence2\tsentence1\nneutral\t7\tB\tA\n");
  EXPECT_EQ(examples[0].text_a, "A");
  EXPECT_EQ(examples[0].text_b, "B");
  EXPECT_EQ(examples[0].label, 1);
}

TEST_F(Glue, AByteOrderMarkIsNotPartOfTheFirstColumn) {
  EXPECT_EQ(read("sst2", "\xef\xbb\xbfsentence\tlabel\na\t1\n").size(), 1U);
}

TEST_F(Glue, QuotesArePlainCharacters) {
  const auto examples = read("sst2", "sentence\tlabel\n\"a \"\"b\t1\n\"c\"\t0\n");
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].text_a, "\"a \"\"b");
  EXPECT_EQ(examples[1].text_a, "\"c\"");
}

TEST_F(Glue, WindowsLineEndsAndBlankLinesAreAccepted) {
  EXPECT_EQ(read("sst2", "sentence\tlabel\r\na\t1\r\n\r\nb\t0\r\n").size(), 2U);
}

TEST_F(Glue, WithoutLabelsTheirColumnIsNotNeeded) {
  const auto file = dir_.write("test.tsv", "index\tsentence\n0\ta\n");
  EXPECT_EQ(read_glue(glue_task("cola"), file, false)[0].text_a, "a");
  EXPECT_EQ(read_glue(glue_task("sst2"), file, false)[0].text_a, "a");
}

TEST_F(Glue, TestFilesOfTheOfficialArchiveAreRead) {
  const std::pair<const char*, const char*> files[] = {
      {"cola", "index\tsentence\n0\tA\n"},
      {"sst2", "index\tsentence\n0\tA\n"},
      {"mrpc", "\xef\xbb\xbfindex\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t1\t2\tA\tB\n"},
      {"qqp", "id\tquestion1\tquestion2\n0\tA\tB\n"},
      {"stsb",
       "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\n"
       "0\tg\tf\ty\t0\tn\tn\tA\tB\n"},
      {"mnli-mm",
       "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\t"
       "sentence1_parse\tsentence2_parse\tsentence1\tsentence2\n0\t1\t1\tg\tp\tp\tp\tp\tA\tB\n"},
      {"ax", "index\tsentence1\tsentence2\n0\tA\tB\n"},
      {"qnli", "index\tquestion\tsentence\n0\tA\tB\n"},
      {"rte", "index\tsentence1\tsentence2\n0\tA\tB\n"},
      {"wnli", "index\tsentence1\tsentence2\n0\tA\tB\n"}};
  for (const auto& [name, text] : files) {
    const GlueTask& task = glue_task(name);
    const auto examples = read_glue(task, dir_.write("test.tsv", text), false);
    ASSERT_EQ(examples.size(), 1U) << name;
    EXPECT_EQ(examples[0].text_a, "A") << name;
    EXPECT_EQ(examples[0].text_b, task.columns.text_b.empty() ? "" : "B") << name;
  }
}

TEST_F(Glue, JsonLinesAreRecognisedByTheFileName) {
  const auto file =
      dir_.write("train.jsonl",
                 "{\"label\": 1, \"sentence\": \"tab\\there\"}\n\n{\"sentence\": \"b\", \"label\": \"0\"}\n");
  const auto examples = read_glue(glue_task("sst2"), file, true);
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].text_a, "tab\there");
  EXPECT_EQ(examples[0].label, 1);
  EXPECT_EQ(examples[1].label, 0);
}

TEST_F(Glue, ABadJsonLineIsNamed) {
  const auto bad = [&](std::string_view text) {
    const auto file = dir_.write("bad.jsonl", text);
    const std::string whole = message_of([&] { read_glue(glue_task("sst2"), file, true); });
    return whole.substr(whole.find("bad.jsonl"));
  };
  EXPECT_TRUE(bad("{\"sentence\": \"a\", \"label\": 1}\n{\"sentence\": \n")
                  .starts_with("bad.jsonl:2: broken JSON at byte 13: "));
  EXPECT_EQ(bad("{\"sentenc\": \"a\", \"label\": 1}\n"),
            "bad.jsonl:1: no key 'sentence' among sentenc, label: the nearest is 'sentenc'");
  EXPECT_EQ(bad("{\"sentence\": null, \"label\": 1}\n"),
            "bad.jsonl:1: 'sentence' is null, expected a text or a number");
  EXPECT_EQ(bad("{\"sentence\": \"a\", \"label\": 7}\n"), "bad.jsonl:1: unknown label '7' (expected 0, 1)");
  EXPECT_EQ(bad("{\"sentence\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}\n"),
            "bad.jsonl:1: JSON of 100001 levels, at most 64 are read");
}

TEST_F(Glue, AnUnsupportedFileTypeIsNamed) {
  EXPECT_EQ(message("sst2", "sentence,label\na,1\n"),
            "file.tsv:1: no column 'sentence' in the header (sentence,label): columns are separated by tabs, "
            "this looks like CSV");
  EXPECT_EQ(message("sst2", "sentence\tlabel\na,1\n"),
            "file.tsv:2: 1 columns, expected at least 2, separated by tabs");
  EXPECT_EQ(message("sst2", "{\"sentence\": \"a\"}\n"),
            "file.tsv:1: no column 'sentence' in the header ({\"sentence\": \"a\"}): a file of JSON lines is "
            "named .jsonl");
  EXPECT_EQ(
      message("sst2", "sentence\tlabel\ncaf\xe9\t1\n"),
      "file.tsv:2: byte 4 of the line is not UTF-8: convert the file, as with iconv -f ISO-8859-1 -t UTF-8");
}

TEST_F(Glue, TheKnownBrokenRowsOfTheOfficialQqpAreSkipped) {
  std::string text = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n0\t1\t2\tA half\n\tits rest\t0\n";
  EXPECT_EQ(message("qqp", text + "1\t1\t2\tA\tB\t1\n"),
            "file.tsv:2: 4 columns, expected at least 6, separated by tabs");
  for (int i = 0; i < 1999; ++i)
    text += "1\t1\t2\tA\tB\t1\n";  // two broken rows: more than the one per thousand allowed
  EXPECT_EQ(message("qqp", text), "file.tsv:2: 4 columns, expected at least 6, separated by tabs");
  EXPECT_EQ(read("qqp", text + "1\t1\t2\tA\tB\t1\n").size(), 2000U);
}

TEST_F(Glue, AnEmptyLineIsAnEmptyTextInATableWithOneColumn) {
  const auto texts = [&](const std::string& text) {
    Names found;
    for (const auto& example : read_glue(glue_task("sst2"), dir_.write("file.tsv", text), false)) {
      found.push_back(example.text_a);
    }
    return found;
  };
  EXPECT_EQ(texts("sentence\na\n\nb\n"), (Names{"a", "", "b"}));
  EXPECT_EQ(texts("sentence\n\na"), (Names{"", "a"}));
  EXPECT_EQ(texts("index\tsentence\n0\ta\n\n1\tb\n\n"), (Names{"a", "b"}));
}

TEST_F(Glue, BadRowsAreNamedByLine) {
  EXPECT_EQ(message("sst2", "sentence\tlabel\na\t1\nno tab\n"),
            "file.tsv:3: 1 columns, expected at least 2, separated by tabs");
  EXPECT_EQ(message("cola", "gj04\t1\t\ta\ngj04\t1\ta\n"),
            "file.tsv:2: 3 columns, expected at least 4, separated by tabs");
  EXPECT_EQ(message("cola", "gj04\t1\ta\n"), "file.tsv:1: 3 columns, expected at least 4, separated by tabs");
  EXPECT_EQ(message("sst2", "sentence\tlabel\n\na\t2\n"), "file.tsv:3: unknown label '2' (expected 0, 1)");
  EXPECT_EQ(message("rte", "index\tsentence1\tsentence2\tlabel\n0\tA\tB\tentail\n"),
            "file.tsv:2: unknown label 'entail' (expected entailment, not_entailment)");
}

TEST_F(Glue, AScoreIsAFiniteNumber) {
  for (const std::string score : {"", "3.2x", "nan", "inf"}) {
    EXPECT_EQ(message("stsb", fmt::format("sentence1\tsentence2\tscore\nA\tB\t{}\n", score)),
              fmt::format("file.tsv:2: '{}' is not a score (expected a number)", score));
  }
}

TEST_F(Glue, AHeaderWithoutAColumnIsQuoted) {
  EXPECT_EQ(message("sst2", "text\tlabel\na\t1\n"),
            "file.tsv:1: no column 'sentence' in the header (text, label): the nearest is 'text'");
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

// Row counts of the official archive; label names in the order of Hugging Face's datasets.
TEST(GlueTasks, ListTheTasksOfTheBenchmark) {
  std::string text;
  for (const GlueTask& task : glue_tasks()) {
    text += fmt::format("{} {} {} {} | {} | {} | {}\n", task.name, task.directory, task.submission_file,
                        task.num_test_rows, fmt::join(task.label_names, " "),
                        fmt::join(task.label_words, " "), fmt::join(task.metrics, " "));
  }
  EXPECT_EQ(text, R"(cola CoLA CoLA.tsv 1063 | 0 1 | unacceptable acceptable | matthews accuracy
sst2 SST-2 SST-2.tsv 1821 | 0 1 | negative positive | accuracy
mrpc MRPC MRPC.tsv 1725 | 0 1 | not_equivalent equivalent | accuracy f1 combined_score
qqp QQP QQP.tsv 390965 | 0 1 | not_duplicate duplicate | accuracy f1 combined_score
stsb STS-B STS-B.tsv 1379 |  |  | pearson spearman combined_score
mnli MNLI MNLI-m.tsv 9796 | entailment neutral contradiction |  | accuracy
mnli-mm MNLI MNLI-mm.tsv 9847 | entailment neutral contradiction |  | accuracy
ax AX AX.tsv 1104 | entailment neutral contradiction |  | matthews accuracy
qnli QNLI QNLI.tsv 5463 | entailment not_entailment |  | accuracy
rte RTE RTE.tsv 3000 | entailment not_entailment |  | accuracy
wnli WNLI WNLI.tsv 146 | 0 1 | not_entailment entailment | accuracy
)");
}

TEST(GlueTasks, AnMnliModelAlsoPredictsMismatchedAndDiagnostic) {
  const auto companions = companions_of(glue_task("mnli"));
  ASSERT_EQ(companions.size(), 2U);
  EXPECT_EQ(companions[0], &glue_task("MNLI-mm"));
  EXPECT_EQ(companions[1], &glue_task("AX"));
  EXPECT_TRUE(companions_of(glue_task("rte")).empty());
}

TEST(GlueTasks, AnUnknownTaskSuggestsTheNearest) {
  EXPECT_EQ(message_of([] { glue_task("sst3"); }),
            "unknown task 'sst3': did you mean 'sst2'? (known: cola, sst2, mrpc, qqp, stsb, mnli, mnli-mm, "
            "ax, qnli, rte, wnli, custom, squad1, squad2)");
  EXPECT_THROW(glue_task(""), UsageError);
}

TEST_F(Glue, FilesAreFoundInTheDirectoryOrItsTaskSubdirectory) {
  fs::create_directory(dir_ / "SST-2");
  const auto inner = dir_.write("SST-2/train.tsv.gz", "");
  EXPECT_EQ(find_glue_file(glue_task("sst2"), dir_.path(), "train"), inner);
  const auto outer = dir_.write("train.tsv", "");
  EXPECT_EQ(find_glue_file(glue_task("sst2"), dir_.path(), "train"), outer);
  const auto matched = dir_.write("dev_matched.tsv.zst", "");
  EXPECT_EQ(find_glue_file(glue_task("mnli"), dir_.path(), "dev"), matched);
  EXPECT_EQ(try_find_glue_file(glue_task("mnli-mm"), dir_.path(), "dev"), std::nullopt);
  EXPECT_EQ(try_find_glue_file(glue_task("ax"), dir_.path(), "dev"), std::nullopt);
  fs::create_directory(dir_ / "diagnostic");
  const auto diagnostic = dir_.write("diagnostic/diagnostic.tsv", "");
  EXPECT_EQ(find_glue_file(glue_task("ax"), dir_.path(), "test"), diagnostic);
}

TEST_F(Glue, AMissingFileIsNamedWithTheSearchedDirectories) {
  EXPECT_EQ(
      message_of([&] { find_glue_file(glue_task("cola"), dir_.path(), "dev"); }),
      fmt::format(
          "no dev.tsv (or .jsonl; .zst, .gz) of task cola in {} or its folder CoLA: name it in dev_files",
          dir_.path()));
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
