#include "vocab_training/training_text.h"

#include <gmock/gmock.h>

#include "tokenizer/text_files.h"

namespace rpp {
namespace {

using testing::ElementsAre;

using Lines = std::vector<std::string>;

class TheTrainingText : public TextFiles {
 protected:
  VocabOptions options(int64_t max_lines = 0) const {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += fmt::format("line {:03}\n", i);
    return {.inputs = {write("text.txt", text)}, .max_lines = max_lines};
  }
};

Lines all_lines(TrainingText text) {
  Lines lines;
  for (std::string line; text.next(line);) lines.push_back(line);
  return lines;
}

TEST_F(TheTrainingText, HasTheNonBlankLinesOfAllFiles) {
  const auto first = write("a.txt", "a\n\n \t\nb"), second = write("b.txt", "c\n");
  TrainingText text({.inputs = {first, second}});
  EXPECT_THAT(text.next_blocks(2, 3), ElementsAre("a\nb\n", "c\n"));
  EXPECT_EQ(text.next_blocks(2, 3), Lines());
  EXPECT_EQ(text.num_lines(), 3);
  EXPECT_EQ(text.num_used(), 3);
}

TEST_F(TheTrainingText, NamesALineThatIsNotUtf8) {
  const auto latin1 = write("l.txt", "a\n\ncaf\xe9\n");
  EXPECT_EQ(
      message_of([&] { all_lines(TrainingText({.inputs = {latin1}})); }),
      latin1.string() +
          ":3: byte 4 of the line is not UTF-8: convert the file, as with iconv -f ISO-8859-1 -t UTF-8");
}

TEST_F(TheTrainingText, AMissingInputIsNamedBeforeTheOthersAreRead) {
  EXPECT_EQ(message_of([&] {
              TrainingText({.inputs = {write("a", "a\n"), directory_ / "absent"}});
            }),
            "cannot open " + (directory_ / "absent").string() + ": No such file or directory");
}

TEST_F(TheTrainingText, ASampleKeepsTheOrderAndTheLimitOfLines) {
  const Lines lines = all_lines(TrainingText(options(100)));
  EXPECT_EQ(lines.size(), 100U);
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end()));
  const TrainingText text(options(100));
  EXPECT_EQ(text.num_lines(), 1000);
  EXPECT_EQ(text.num_used(), 100);
}

TEST_F(TheTrainingText, ASampleDependsOnItsSeed) {
  auto seeded = options(100);
  const Lines first = all_lines(TrainingText(seeded));
  EXPECT_EQ(all_lines(TrainingText(seeded)), first);
  for (const uint64_t seed : {7, 8}) {
    seeded.seed = seed;
    EXPECT_NE(all_lines(TrainingText(seeded)), first);
  }
}

TEST_F(TheTrainingText, ASampleKeepsTheLimitOfBytes) {
  EXPECT_EQ(all_lines(TrainingText(options(), 800)).size(), 100U);  // of 8 bytes each
  EXPECT_EQ(all_lines(TrainingText(options(50), 800)).size(), 50U);
  EXPECT_EQ(all_lines(TrainingText(options(), 8000)).size(), 1000U);
}

TEST_F(TheTrainingText, EveryLineHasAnEqualChance) {
  int64_t sum = 0;
  for (const auto& line : all_lines(TrainingText(options(200)))) sum += std::stoi(line.substr(5));
  EXPECT_NEAR(static_cast<double>(sum) / 200, 499.5, 4 * 288.7 / std::sqrt(200.0));  // four standard errors
}

}  // namespace
}  // namespace rpp
