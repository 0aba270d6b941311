#include "rpp/text/tokenizer.h"

#include <gmock/gmock.h>

#include "text/text_files.h"

namespace rpp {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kVocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nA\n";

class LoadTokenizer : public TextFiles {
 protected:
  LoadTokenizer() { write("vocab.txt", kVocab); }
  std::string error_with(std::string_view config) const {
    write("tokenizer_config.json", config);
    return message_of([this] { load_tokenizer(directory_); });
  }
};

TEST_F(LoadTokenizer, ADirectoryWithoutAConfigIsUncased) {
  EXPECT_THAT(load_tokenizer(directory_)->encode("A"), ElementsAre(5));
}

TEST_F(LoadTokenizer, TheConfigDecidesOnTheCase) {
  write("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_THAT(load_tokenizer(directory_)->encode("A"), ElementsAre(6));
  write("tokenizer_config.json", R"({"do_lower_case": true})");
  EXPECT_THAT(load_tokenizer(directory_)->encode("A"), ElementsAre(5));
}

TEST_F(LoadTokenizer, AConfigWithoutTheSwitchIsUncased) {
  write("tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer"})");
  EXPECT_THAT(load_tokenizer(directory_)->encode("A"), ElementsAre(5));
}

TEST_F(LoadTokenizer, AVocabTxtIsReadWithTheConfigBesideIt) {
  write("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_THAT(load_tokenizer(directory_ / "vocab.txt")->encode("A"), ElementsAre(6));
}

TEST_F(LoadTokenizer, ADamagedConfigIsNamed) {
  EXPECT_THAT(error_with("{"), HasSubstr("tokenizer_config.json: broken JSON at byte 1"));
  EXPECT_THAT(error_with(R"({"do_lower_case": "no"})"),
              HasSubstr("do_lower_case must be true or false, not \"no\""));
}

TEST_F(LoadTokenizer, AConfigNestedToExhaustTheStackIsRefused) {
  EXPECT_THAT(error_with(R"({"a": )" + std::string(100'000, '[')), HasSubstr("tokenizer_config.json"));
}

TEST_F(LoadTokenizer, SettingsThatWouldGiveOtherIdsAreRefused) {
  EXPECT_THAT(error_with(R"({"tokenize_chinese_chars": false})"), HasSubstr("tokenize_chinese_chars"));
  EXPECT_THAT(error_with(R"({"do_lower_case": true, "strip_accents": false})"), HasSubstr("strip_accents"));
}

TEST_F(LoadTokenizer, AMissingSpecialTokenIsNamedWithTheFile) {
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n");
  EXPECT_THAT(message_of([&] { load_tokenizer(directory_); }),
              HasSubstr((directory_ / "vocab.txt").string() + " has no piece [MASK]"));
}

TEST_F(LoadTokenizer, AMissingPathIsNamed) {
  EXPECT_THAT(message_of([&] { load_tokenizer(directory_ / "none"); }), HasSubstr("no tokenizer at"));
}

TEST_F(LoadTokenizer, ADirectoryWithoutAVocabularySaysWhatItLooksFor) {
  std::filesystem::remove(directory_ / "vocab.txt");
  EXPECT_THAT(message_of([&] { load_tokenizer(directory_); }),
              AllOf(HasSubstr(directory_.string()),
                    HasSubstr("vocab.txt, spiece.model, tokenizer.model or tokenizer.json")));
}

}  // namespace
}  // namespace rpp
