#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "rpp/tokenizer.h"
#include "tokenizer/text_files.h"
#include "tokenizer_files/fingerprint.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class TokenizerJson : public TextFiles {
 protected:
  // As transformers 5 saves a cased BERT tokenizer.
  json file_ = {
      {"added_tokens", {{{"id", 4}, {"content", "[MASK]"}, {"special", true}}}},
      {"normalizer",
       {{"type", "BertNormalizer"},
        {"clean_text", true},
        {"handle_chinese_chars", true},
        {"strip_accents", nullptr},
        {"lowercase", false}}},
      {"model",
       {{"type", "WordPiece"},
        {"unk_token", "[UNK]"},
        {"continuing_subword_prefix", "##"},
        {"vocab",
         {{"A", 5}, {"##b", 6}, {"[MASK]", 4}, {"[SEP]", 3}, {"[CLS]", 2}, {"[UNK]", 1}, {"[PAD]", 0}}}}}};

  std::unique_ptr<Tokenizer> load() const {
    write("tokenizer.json", file_.dump());
    return load_tokenizer(directory_);
  }
  std::string error() const {
    return message_of([this] { load(); });
  }
};

TEST_F(TokenizerJson, ReadsTheIdsAndTheCase) {
  EXPECT_THAT(load()->encode("Ab a"), ElementsAre(5, 6, 1));
}

TEST_F(TokenizerJson, SavedAsVocabTxtItIsTheSameTokenizer) {
  const auto tokenizer = load();
  tokenizer->save(directory_ / "saved");
  EXPECT_EQ(fingerprint(*load_tokenizer(directory_ / "saved")), fingerprint(*tokenizer));
}

TEST_F(TokenizerJson, AConfigThatDisagreesOnTheCaseIsRefused) {
  write("tokenizer_config.json", R"({"do_lower_case": true})");
  EXPECT_THAT(error(), HasSubstr("disagree on lower-casing"));
}

TEST_F(TokenizerJson, AnotherKindOfModelIsRefused) {
  file_["model"]["type"] = "BPE";
  EXPECT_THAT(error(), HasSubstr("tokenizer.json holds no WordPiece model"));
}

TEST_F(TokenizerJson, AnotherNormaliserIsRefused) {
  file_["normalizer"] = {{"type", "NFKC"}};
  EXPECT_THAT(error(), HasSubstr("only the BertNormalizer"));
  file_.erase("normalizer");
  EXPECT_THAT(error(), HasSubstr("only the BertNormalizer"));
}

TEST_F(TokenizerJson, ANormaliserOfAnotherTypeIsRefused) {
  file_["normalizer"]["type"] = "OtherNormalizer";
  EXPECT_THAT(error(), HasSubstr("only the BertNormalizer"));
}

TEST_F(TokenizerJson, OptionsThatWouldGiveOtherIdsAreRefused) {
  const json usual = file_;
  file_["normalizer"]["handle_chinese_chars"] = false;
  EXPECT_THAT(error(), HasSubstr("handle_chinese_chars false is not supported"));
  file_ = usual;
  file_["normalizer"]["strip_accents"] = true;
  EXPECT_THAT(error(), HasSubstr("strip_accents must be null or equal to lowercase"));
  file_["normalizer"]["strip_accents"] = false;
  EXPECT_EQ(error(), "no error");
  file_["normalizer"]["lowercase"] = true;
  EXPECT_THAT(error(), HasSubstr("strip_accents must be null or equal to lowercase"));
  file_ = usual;
  file_["model"]["continuing_subword_prefix"] = "@@";
  EXPECT_THAT(error(), HasSubstr("only \"##\" may mark continuing pieces"));
}

TEST_F(TokenizerJson, IdsWithGapsOrDuplicatesAreRefused) {
  file_["model"]["vocab"]["A"] = 7;
  EXPECT_THAT(error(), HasSubstr("not 0 to 6, each once: see \"A\""));
  file_["model"]["vocab"]["A"] = 6;
  EXPECT_THAT(error(), HasSubstr("not 0 to 6, each once"));
}

TEST_F(TokenizerJson, AnAddedTokenOutsideTheVocabularyIsNamed) {
  file_["added_tokens"][0]["content"] = "[NEW]";
  EXPECT_THAT(error(), HasSubstr("the added token \"[NEW]\""));
}

TEST_F(TokenizerJson, ADamagedFileIsNamed) {
  write("tokenizer.json", "{\"model\": ");
  EXPECT_THAT(
      message_of([this] { load_tokenizer(directory_); }),
      AllOf(HasSubstr("tokenizer.json: broken JSON at byte"), EndsWith("; save the tokenizer again")));
}

}  // namespace
}  // namespace rpp
