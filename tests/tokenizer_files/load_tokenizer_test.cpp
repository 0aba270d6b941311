#include "rpp/tokenizer.h"

#include <gmock/gmock.h>

#include "program/log.h"
#include "tokenizer/text_files.h"
#include "tokenizer_files/load_tokenizer.h"

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

TEST_F(LoadTokenizer, WithoutACaseSettingCapitalsInTheVocabularyDecide) {
  init_logging();
  for (const char* config : {"", R"({"tokenizer_class": "BertTokenizer"})", R"({"do_lower_case": null})"}) {
    if (*config != 0) write("tokenizer_config.json", config);
    testing::internal::CaptureStderr();
    EXPECT_THAT(load_tokenizer(directory_)->encode("A a"), ElementsAre(6, 5));
    EXPECT_THAT(
        testing::internal::GetCapturedStderr(),
        HasSubstr((directory_ / "vocab.txt").string() + ": its pieces have capitals and no file says"));
  }
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n[unused1]\n<URL>\n");
  testing::internal::CaptureStderr();
  EXPECT_THAT(load_tokenizer(directory_)->encode("A"), ElementsAre(5));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n##\u00c9\na\n");
  EXPECT_THAT(load_tokenizer(directory_)->encode("A"), ElementsAre(1));
}

TEST_F(LoadTokenizer, RedundantFilesAreAccepted) {
  write("added_tokens.json", R"({"[PAD]": 0})");
  write("special_tokens_map.json", R"({"cls_token": "[CLS]", "sep_token": {"content": "[SEP]"},
                                       "additional_special_tokens": ["[MASK]"]})");
  write("config.json", R"({"model_type": "bert"})");
  write("tokenizer_config.json",
        R"({"tokenizer_class": "BertTokenizerFast", "do_lower_case": true, "mask_token": "[MASK]",
                                     "do_basic_tokenize": true, "never_split": null, "extra_special_tokens": {},
                                     "added_tokens_decoder": {"2": {"content": "[CLS]", "special": true}}})");
  EXPECT_THAT(load_tokenizer(directory_)->encode("A"), ElementsAre(5));
}

TEST_F(LoadTokenizer, OtherTokenizerClassesAreRefusedByName) {
  for (const char* name : {"BertJapaneseTokenizer", "RobertaTokenizerFast", "FunnelTokenizer", "Fast"}) {
    const std::string config = fmt::format(R"({{"tokenizer_class": "{}", "do_lower_case": false}})", name);
    const std::string refusal = fmt::format("tokenizer_class \"{}\" is not supported", name);
    EXPECT_THAT(error_with(config), HasSubstr("tokenizer_config.json: " + refusal));
    std::filesystem::remove(directory_ / "tokenizer_config.json");
    write("config.json", config);
    EXPECT_THAT(message_of([this] { load_tokenizer(directory_); }), HasSubstr("/config.json: " + refusal));
    std::filesystem::remove(directory_ / "config.json");
  }
  EXPECT_THAT(error_with(R"({"word_tokenizer_type": "mecab"})"),
              HasSubstr("word_tokenizer_type \"mecab\" is not"));
  EXPECT_THAT(error_with(R"({"split_special_tokens": true})"), HasSubstr("split_special_tokens true is not"));
}

TEST_F(LoadTokenizer, TheConfigDecidesOnTheCase) {
  write("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_THAT(load_tokenizer(directory_)->encode("A"), ElementsAre(6));
  write("tokenizer_config.json", R"({"do_lower_case": true})");
  EXPECT_THAT(load_tokenizer(directory_)->encode("A"), ElementsAre(5));
}

TEST_F(LoadTokenizer, VocabTxtIsReadWithTheConfigBesideIt) {
  write("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_THAT(load_tokenizer(directory_ / "vocab.txt")->encode("A"), ElementsAre(6));
}

TEST_F(LoadTokenizer, ADamagedConfigIsNamed) {
  EXPECT_THAT(error_with("{"), HasSubstr("tokenizer_config.json: broken JSON at byte 1"));
  EXPECT_THAT(error_with(R"({"do_lower_case": "no"})"),
              HasSubstr("do_lower_case must be true or false, not \"no\""));
}

TEST_F(LoadTokenizer, ADeeplyNestedConfigIsRefused) {
  EXPECT_THAT(error_with(R"({"a": )" + std::string(100'000, '[')), HasSubstr("tokenizer_config.json"));
}

TEST_F(LoadTokenizer, AMissingSpecialTokenIsNamedWithTheFile) {
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n");
  EXPECT_THAT(message_of([&] { load_tokenizer(directory_); }),
              HasSubstr((directory_ / "vocab.txt").string() + " has no piece [MASK]"));
}

TEST_F(LoadTokenizer, AMissingPathIsNamed) {
  EXPECT_THAT(message_of([&] { load_tokenizer(directory_ / "none"); }), HasSubstr("no tokenizer at"));
}

TEST_F(LoadTokenizer, ADirectoryWithoutAVocabularyListsTheExpectedFiles) {
  std::filesystem::remove(directory_ / "vocab.txt");
  EXPECT_THAT(
      message_of([&] { load_tokenizer(directory_); }),
      AllOf(
          HasSubstr(directory_.string()),
          HasSubstr("(spiece.model, tokenizer.model, sentencepiece.bpe.model), vocab.json with merges.txt")));
}

}  // namespace
}  // namespace rpp
