#include "data/squad.h"

#include <gtest/gtest.h>

#include <zlib.h>
#include <set>

#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// One article with one paragraph.
std::string file_text(std::string_view context, std::string_view qas) {
  return fmt::format(
      R"({{"version": "1.1", "data": [{{"title": "T", "paragraphs": [{{"context": "{}", "qas": [{}]}}]}}]}})",
      context, qas);
}

std::string question(std::string_view id, std::string_view answer, int64_t start) {
  return fmt::format(
      R"({{"id": "{}", "question": "Who?", "answers": [{{"text": "{}", "answer_start": {}}}]}})", id, answer,
      start);
}

class Squad : public testing::Test {
 protected:
  SquadData read(std::string_view text, const SquadReading& reading = {}) const {
    const fs::path files[] = {dir_.write("file.json", text)};
    return read_squad(files, reading);
  }
  // The error message for a bad file, starting at the file's name.
  std::string message(std::string_view text, const SquadReading& reading = {}) const {
    const std::string whole = message_of([&] { read(text, reading); });
    const size_t at = whole.find("file.json");
    return at == std::string::npos ? whole : whole.substr(at);
  }

  const TestDir dir_{fmt::format("squad_{}", testing::UnitTest::GetInstance()->current_test_info()->name())};
};

TEST_F(Squad, QuestionsAndAnswersReferToTheirContext) {
  const SquadData data =
      read(file_text("Ann met Bob.", question("a", "Bob", 8) + "," + question("b", "Ann", 0)));
  ASSERT_EQ(data.contexts, (std::vector<std::string>{"Ann met Bob."}));
  ASSERT_EQ(data.questions.size(), 2U);
  EXPECT_EQ(data.questions[0].id, "a");
  EXPECT_EQ(data.questions[0].text, "Who?");
  EXPECT_EQ(data.questions[0].answers[0].text, "Bob");
  EXPECT_EQ(data.questions[0].answers[0].begin, 8);
  EXPECT_EQ(data.questions[1].context, 0);
  EXPECT_EQ(data.version, SquadVersion::v1);
}

// Counting code points from the start of the context for each answer would take minutes.
TEST_F(Squad, AnswersLateInALongContextAreFound) {
  constexpr int64_t kBefore = 1'000'000, kAnswers = 20'000;
  std::string answers;
  for (int64_t i = 0; i < kAnswers; ++i) {
    answers += fmt::format(R"({}{{"text": "Bob", "answer_start": {}}})", i == 0 ? "" : ", ", kBefore);
  }
  const SquadData data =
      read(file_text(std::string(kBefore, 'x') + "Bob",
                     fmt::format(R"({{"id": "a", "question": "Who?", "answers": [{}]}})", answers)));
  ASSERT_EQ(data.questions[0].answers.size(), kAnswers);
  EXPECT_EQ(data.questions[0].answers.back().begin, kBefore);
  EXPECT_EQ(data.misplaced_answers, 0);
}

TEST_F(Squad, AnswerStartCountsCodePointsIncludingEscapes) {
  const SquadData data = read(file_text("\u00c9va \u4e00 \\ud83d\\ude00 Bob", question("a", "Bob", 8)));
  EXPECT_EQ(data.questions[0].answers[0].begin, 14);
  EXPECT_EQ(data.contexts[0].substr(14), "Bob");
}

TEST_F(Squad, ImpossibleQuestionsHaveNoAnswersAndPlausibleAnswersAreSkipped) {
  const SquadData data =
      read(file_text("Ann met Bob.", R"({"id": "a", "question": "Why?", "is_impossible": true, "answers": [],
                          "plausible_answers": [{"text": "Bob", "answer_start": 8}]})"));
  EXPECT_TRUE(data.questions[0].answers.empty());
  EXPECT_EQ(data.version, SquadVersion::v2);
}

TEST_F(Squad, SeveralFilesAreConcatenated) {
  const fs::path files[] = {dir_.write("a.json", file_text("Ann", question("a", "Ann", 0))),
                            dir_.write("b.json", file_text("Bob", question("b", "Bob", 0)))};
  const SquadData data = read_squad(files);
  ASSERT_EQ(data.questions.size(), 2U);
  EXPECT_EQ(data.contexts[static_cast<size_t>(data.questions[1].context)], "Bob");
}

TEST_F(Squad, AGzippedFileIsRead) {
  const fs::path file = dir_ / "file.json.gz";
  const std::string text = file_text("Ann", question("a", "Ann", 0));
  gzFile handle = gzopen(file.c_str(), "wb");
  gzwrite(handle, text.data(), static_cast<unsigned>(text.size()));
  gzclose(handle);
  EXPECT_EQ(read_squad(std::span(&file, 1)).questions.size(), 1U);
}

TEST_F(Squad, ATestSetNeedsNoAnswers) {
  const SquadData data = read(file_text("Ann", R"({"id": "a", "question": "Who?"})"), {.has_answers = false});
  EXPECT_EQ(data.questions.size(), 1U);
}

TEST_F(Squad, AMisplacedAnswerIsCountedAndNamed) {
  const SquadData data =
      read(file_text("Ann met Bob.", question("a", "Bob", 7) + "," + question("b", "Bob", 8) + "," +
                                         question("c", "Bob", -1) + "," + question("d", "", 0) + "," +
                                         question("e", "Bob", 99)));
  EXPECT_EQ(data.misplaced_answers, 4);
  EXPECT_EQ(data.first_misplaced, "a");
  EXPECT_EQ(data.questions[0].answers[0].begin, -1);
  EXPECT_EQ(data.questions[0].answers[0].text, "Bob");  // scoring does not use the position
}

TEST_F(Squad, StrictReadingRefusesAMisplacedAnswer) {
  EXPECT_EQ(message(file_text("Ann met Bob.", question("a", "Bob", 7)), {.strict = true}),
            "file.json: question 'a': its context does not have the answer 'Bob' at character 7");
}

TEST_F(Squad, TrainingSkipsQuestionsWithoutACorrectlyPlacedAnswer) {
  SquadData data = read(file_text(
      "Ann met Bob.", question("a", "Bob", 7) + "," + question("b", "Bob", 8) +
                          R"(,{"id": "c", "question": "Why?", "is_impossible": true, "answers": []})"));
  remove_misplaced_questions(data);
  ASSERT_EQ(data.questions.size(), 2U);
  EXPECT_EQ(data.questions[0].id, "b");
  EXPECT_EQ(data.questions[1].id, "c");
}

TEST_F(Squad, AQuestionWithOneCorrectlyPlacedAnswerIsKeptForTraining) {
  SquadData data = read(file_text("Ann met Bob.", R"({"id": "a", "question": "Who?", "answers": [
      {"text": "Bob", "answer_start": 7}, {"text": "Bob", "answer_start": 8}]})"));
  remove_misplaced_questions(data);
  EXPECT_EQ(data.questions.size(), 1U);
}

TEST_F(Squad, SampledQuestionsKeepTheirContexts) {
  const fs::path files[] = {
      dir_.write("a.json", file_text("Ann", question("a", "Ann", 0) + "," + question("b", "Ann", 0))),
      dir_.write("b.json", file_text("Bob", question("c", "Bob", 0)))};
  SquadData data = read_squad(files);
  keep_sampled_questions(data, 0, 1);
  EXPECT_EQ(data.questions.size(), 3U);
  EXPECT_EQ(data.contexts.size(), 2U);
  std::set<std::string> drawn;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    SquadData sample = read_squad(files);
    keep_sampled_questions(sample, 1, seed);
    ASSERT_EQ(sample.questions.size(), 1U);
    const std::string id = sample.questions[0].id;
    EXPECT_EQ(sample.contexts, (std::vector<std::string>{id == "c" ? "Bob" : "Ann"}));
    EXPECT_EQ(sample.questions[0].context, 0);
    drawn.insert(id);
  }
  EXPECT_EQ(drawn.size(), 3U);
  keep_sampled_questions(data, 2, 3);
  EXPECT_EQ(data.questions.size(), 2U);
}

TEST_F(Squad, BrokenJsonIsNamedByLineAndByte) {
  const std::string broken = message("{\n \"data\": [,]\n}");
  EXPECT_TRUE(broken.starts_with("file.json:2: broken JSON at byte 11 of the line: ")) << broken;
  EXPECT_TRUE(message("{\"data\": [").starts_with("file.json:1: broken JSON at byte 11 of the line: "));
  EXPECT_TRUE(message("").starts_with("file.json is empty, expected JSON")) << message("");
}

TEST_F(Squad, AnotherEncodingIsNamedByLineAndByte) {
  EXPECT_EQ(message("{\n\"data\": \"Z\xfcrich\"}"),
            "file.json:2: byte 11 of the line is not UTF-8: convert the file, as with iconv -t UTF-8");
  EXPECT_TRUE(
      message(std::string_view("\xff\xfe{\0", 4)).starts_with("file.json is UTF-16, which is not supported"));
}

TEST_F(Squad, AMissingKeyOrAnotherTypeIsNamedWithItsPath) {
  EXPECT_EQ(message("{}"), "file.json: the file has no key 'data'");
  EXPECT_EQ(message("[]"), "file.json: the file must be an object, not []");
  EXPECT_EQ(message(R"({"data": {}})"), "file.json: data must be a list, not {}");
  EXPECT_EQ(message(R"({"data": [{"title": "T"}]})"), "file.json: data[0] has no key 'paragraphs'");
  EXPECT_EQ(message(R"({"data": [{"paragraphs": [{"qas": []}]}]})"),
            "file.json: data[0].paragraphs[0] has no key 'context'");
  EXPECT_EQ(message(file_text("Ann", R"({"id": 7})")),
            "file.json: data[0].paragraphs[0].qas[0].id must be a text, not 7");
  EXPECT_EQ(message(file_text("Ann", R"({"id": "a", "question": "Who?"})")),
            "file.json: data[0].paragraphs[0].qas[0] has no key 'answers'");
  EXPECT_EQ(message(file_text("Ann", R"({"id": "a", "question": "Who?", "answers": [{"text": "Ann"}]})")),
            "file.json: data[0].paragraphs[0].qas[0].answers[0] has no key 'answer_start'");
  EXPECT_EQ(
      message(file_text(
          "Ann", R"({"id": "a", "question": "Who?", "answers": [{"text": "Ann", "answer_start": 0.5}]})")),
      "file.json: data[0].paragraphs[0].qas[0].answers[0].answer_start must be a whole number, not 0.5");
}

TEST_F(Squad, AnEmptyContextIsRefused) {
  EXPECT_EQ(message(file_text("", "")), "file.json: data[0].paragraphs[0].context is empty");
}

TEST_F(Squad, ARepeatedIdIsRefused) {
  EXPECT_EQ(message(file_text("Ann", question("a", "Ann", 0) + "," + question("a", "Ann", 0))),
            "file.json: data[0].paragraphs[0].qas[1]: another question has the id 'a' already");
}

TEST_F(Squad, AnswersThatContradictIsImpossibleAreRefused) {
  EXPECT_EQ(message(file_text("Ann", R"({"id": "a", "question": "Who?", "answers": []})")),
            "file.json: data[0].paragraphs[0].qas[0] (id 'a') has no answers and does not say is_impossible");
  EXPECT_EQ(message(file_text("Ann", R"({"id": "a", "question": "Who?", "is_impossible": true,
                                        "answers": [{"text": "Ann", "answer_start": 0}]})")),
            "file.json: data[0].paragraphs[0].qas[0] (id 'a') is_impossible, but has answers: remove one of "
            "the two");
}

TEST_F(Squad, AFileWithoutQuestionsIsRefused) {
  EXPECT_TRUE(message_of([&] { read(file_text("Ann", "")); }).starts_with("no questions in "));
  EXPECT_TRUE(message_of([&] { read(R"({"data": []})"); }).ends_with("file.json"));
}

TEST_F(Squad, FilesAreFoundByTheirOfficialNames) {
  dir_.write("dev-v1.1.json.zst", "");
  EXPECT_EQ(find_squad_file(SquadVersion::v1, dir_.path(), "dev"), dir_ / "dev-v1.1.json.zst");
  dir_.write("dev-v1.1.json", "");
  EXPECT_EQ(find_squad_file(SquadVersion::v1, dir_.path(), "dev"), dir_ / "dev-v1.1.json");
  EXPECT_FALSE(try_find_squad_file(SquadVersion::v2, dir_.path(), "dev"));
  EXPECT_EQ(
      message_of([&] { find_squad_file(SquadVersion::v2, dir_.path(), "train"); }),
      fmt::format("no train-v2.0.json (or .zst, .gz) of task squad2 in {}: name the files in train_files",
                  dir_.path()));
  EXPECT_EQ(message_of([&] { try_find_squad_file(SquadVersion::v1, dir_ / "absent", "dev"); }),
            fmt::format("no data directory {}: check --data-dir", dir_ / "absent"));
}

TEST(SquadVersionOf, KnowsTheUsualNames) {
  for (const char* name : {"squad1", "squad", "SQuAD", "SQuAD 1.1", "squad_v1"}) {
    EXPECT_EQ(squad_version(name), SquadVersion::v1) << name;
  }
  for (const char* name : {"squad2", "squad_v2", "SQuAD2.0"})
    EXPECT_EQ(squad_version(name), SquadVersion::v2) << name;
  EXPECT_FALSE(squad_version("sst2"));
}

}  // namespace
}  // namespace rpp
