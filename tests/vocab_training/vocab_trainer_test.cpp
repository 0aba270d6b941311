#include "vocab_training/vocab_trainer.h"

#include <gmock/gmock.h>

#include <set>

#include "core/atomic_file.h"
#include "rpp/tokenizer.h"
#include "tokenizer/small_text.h"
#include "tokenizer/text_files.h"
#include "tokenizer/vocab.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class VocabTrainer : public TextFiles, public testing::WithParamInterface<VocabType> {
 protected:
  VocabTrainer()
      : options_{.inputs = {write("text.txt", small_text())}, .output = directory_ / "out", .size = 120} {
    options_.num_threads = 1;
  }
  std::vector<std::string> learned_pieces() const {
    train_vocabulary(options_);
    return load_vocabulary(options_.output / "vocab.txt").pieces();
  }
  std::string trained_file(const std::string& output) {
    options_.output = directory_ / output;
    return read_file(train_vocabulary(options_).file);
  }
  std::string error() const {
    return message_of([this] { train_vocabulary(options_); });
  }
  VocabOptions options_;
};

using EveryType = VocabTrainer;

TEST_P(EveryType, ReportsItsOutputAndLoadTokenizerReadsIt) {
  options_.type = GetParam();
  const VocabReport report = train_vocabulary(options_);
  const auto tokenizer = load_tokenizer(options_.output);
  EXPECT_EQ(report.num_lines, 64);
  EXPECT_EQ(report.size, tokenizer->size());
  EXPECT_LE(report.size, 120);
  EXPECT_GT(report.size, 50);
  EXPECT_THAT(tokenizer->encode("The gardener repaired a boat."), Not(Contains(tokenizer->special().unk)));
}

TEST_P(EveryType, TheFiveSpecialPiecesComeFirst) {
  options_.type = GetParam();
  train_vocabulary(options_);
  const auto tokenizer = load_tokenizer(options_.output);
  std::vector<std::string> first;
  for (int32_t id = 0; id < 5; ++id) first.emplace_back(tokenizer->piece(id));
  EXPECT_THAT(first, ElementsAre("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
}

TEST_P(EveryType, TheSameTextGivesTheSameBytes) {
  options_.type = GetParam();
  EXPECT_EQ(trained_file("first"), trained_file("second"));
}

TEST_P(EveryType, NothingIsPrinted) {
  options_.type = GetParam();
  testing::internal::CaptureStderr();
  train_vocabulary(options_);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_P(EveryType, ASizeTooSmallForTheCharactersIsRefused) {
  options_.type = GetParam();
  options_.size = 12;
  EXPECT_THAT(error(), AllOf(HasSubstr("a vocabulary of 12 pieces"), HasSubstr("character_coverage")));
}

TEST_P(EveryType, InputsWithoutTextAreRefused) {
  options_.type = GetParam();
  options_.inputs = {write("blank.txt", "\n \t\n\v\n")};
  EXPECT_THAT(error(), AllOf(HasSubstr("no text"), HasSubstr("blank.txt")));
}

TEST_P(EveryType, ATextSmallerThanTheSizeGivesFewerPieces) {
  options_.type = GetParam();
  options_.size = 5000;
  EXPECT_LT(train_vocabulary(options_).size, 500);
}

INSTANTIATE_TEST_SUITE_P(Types, EveryType,
                         testing::Values(VocabType::wordpiece, VocabType::unigram, VocabType::bpe));

TEST_F(VocabTrainer, EveryCharacterStartsAndContinuesWords) {
  const auto pieces = learned_pieces();
  const std::set<std::string> known(pieces.begin(), pieces.end());
  for (const std::string c : {"a", "z", ".", "'", "u"}) {
    EXPECT_TRUE(known.contains(c)) << c;
    EXPECT_TRUE(known.contains("##" + c)) << c;
  }
}

TEST_F(VocabTrainer, TheNumberOfThreadsDoesNotMatter) {
  const std::string one = trained_file("one");
  options_.num_threads = 3;
  EXPECT_EQ(trained_file("three"), one);
}

TEST_F(VocabTrainer, FrequentWordsBecomePieces) {
  const auto pieces = learned_pieces();
  EXPECT_EQ(pieces.size(), 120);
  EXPECT_THAT(pieces, AllOf(Contains("the"), Contains("##er")));
}

TEST_F(VocabTrainer, TheCaseSettingAppliesToTraining) {
  EXPECT_THAT(learned_pieces(), Not(Contains("T")));
  options_.letter_case = LetterCase::keep;
  EXPECT_THAT(learned_pieces(), AllOf(Contains("T"), Contains("\u00fc")));
  EXPECT_THAT(load_tokenizer(options_.output)->encode("The"), Not(Contains(1)));
}

TEST_F(VocabTrainer, RareCharactersGetNoPieceBelowFullCoverage) {
  options_.inputs.push_back(write("rare.txt", "a\u2603b\n"));
  options_.character_coverage = 0.999;
  EXPECT_THAT(learned_pieces(), Not(Contains("\u2603")));
  options_.character_coverage = 1.0;
  EXPECT_THAT(learned_pieces(), Contains("\u2603"));
}

// Three of four characters are an a: it alone covers 75 %.
TEST_F(VocabTrainer, CharactersAreKeptUntilTheyMakeUpTheCoverage) {
  options_.inputs = {write("four.txt", "aab a\n")};
  options_.size = 20;
  options_.character_coverage = 0.75;
  EXPECT_THAT(learned_pieces(), ElementsAre("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##a"));
  options_.character_coverage = 0.76;
  EXPECT_THAT(learned_pieces(), AllOf(Contains("b"), Contains("##b")));
}

TEST_F(VocabTrainer, AVocabularyContainsAtLeastItsCharacters) {
  options_.inputs = {write("four.txt", "aab a\n")};
  options_.character_coverage = 1;
  options_.size = 9;  // five special pieces, a, b, ##a and ##b
  EXPECT_EQ(learned_pieces().size(), 9U);
  options_.size = 8;
  EXPECT_THAT(error(), HasSubstr("a vocabulary of 8 pieces is too small: 2 characters"));
}

TEST_F(VocabTrainer, SentencepieceMarksInTheTextAreHandled) {
  options_.inputs.push_back(write("marks.txt", "\u2581x\u2581 \u2585y\n"));
  options_.character_coverage = 1.0;
  EXPECT_THAT(learned_pieces(), AllOf(Contains("\u2581"), Contains("##\u2585")));
}

TEST_F(VocabTrainer, ASampleIsAFunctionOfTheSeed) {
  options_.max_lines = 5;
  const std::string first = trained_file("first");
  EXPECT_EQ(first, trained_file("again"));
  options_.seed = 43;
  EXPECT_NE(first, trained_file("other"));
}

TEST_F(VocabTrainer, AMissingInputIsNamed) {
  options_.inputs = {directory_ / "none.txt"};
  EXPECT_THAT(error(), HasSubstr("none.txt"));
}

TEST_F(VocabTrainer, OptionsOutOfRangeAreNamed) {
  options_.character_coverage = 1.5;
  EXPECT_THAT(error(), HasSubstr("character_coverage is 1.5"));
  options_.character_coverage = 0;
  EXPECT_THAT(error(), HasSubstr("character_coverage is 0"));
  options_.character_coverage = 1;
  options_.size = 0;
  EXPECT_THAT(error(), HasSubstr("size of a vocabulary is 0"));
  options_.size = 100;
  options_.inputs.clear();
  EXPECT_THAT(error(), HasSubstr("no input files"));
}

TEST(VocabTypeName, AnUnknownNameSuggestsTheNearest) {
  EXPECT_EQ(parse_vocab_type("unigram"), VocabType::unigram);
  EXPECT_THAT(message_of([] { parse_vocab_type("unigam"); }), HasSubstr("did you mean unigram?"));
}

}  // namespace
}  // namespace rpp
