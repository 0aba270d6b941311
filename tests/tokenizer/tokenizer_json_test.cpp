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
      {"post_processor", {{"type", "BertProcessing"}, {"sep", {"[SEP]", 3}}, {"cls", {"[CLS]", 2}}}},
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

TEST_F(TokenizerJson, OtherPartsAreRefusedByName) {
  const json usual = file_;
  const auto error_with = [&](const char* key, const json& value) {
    file_ = usual;
    file_[key] = value;
    return error();
  };
  EXPECT_THAT(
      error_with("normalizer", {{"type", "NFKC"}}),
      HasSubstr("tokenizer.json: normalizer \"NFKC\" is not supported, only BertNormalizer, Lowercase"));
  EXPECT_THAT(error_with("normalizer", {{"type", "Sequence"}}), HasSubstr("normalizer \"Sequence\" is not"));
  EXPECT_THAT(error_with("pre_tokenizer", {{"type", "Metaspace"}}),
              HasSubstr("pre_tokenizer \"Metaspace\" is not supported, only BertPreTokenizer, Whitesp"));
  EXPECT_THAT(error_with("pre_tokenizer", nullptr), HasSubstr("pre_tokenizer null is not supported"));
  EXPECT_THAT(error_with("post_processor", nullptr),
              HasSubstr("transformers would put no [CLS] and no [SEP]"));
  EXPECT_THAT(error_with("post_processor", {{"type", "ByteLevel"}}),
              HasSubstr("post_processor \"ByteLevel\" is not supported, only TemplateProc"));
  file_ = usual;
  file_["model"]["continuing_subword_prefix"] = "";
  EXPECT_THAT(error(), HasSubstr("continuing_subword_prefix is \"\", it must be a text"));
  file_ = usual;
  file_["model"]["max_input_chars_per_word"] = -1;
  EXPECT_THAT(error(), HasSubstr("max_input_chars_per_word is -1, it must be a number of characters"));
}

TEST_F(TokenizerJson, TheModelsOptionsCount) {
  file_["model"]["max_input_chars_per_word"] = 2;
  EXPECT_THAT(load()->encode("Abb Ab"), ElementsAre(1, 5, 6));
  file_["model"]["continuing_subword_prefix"] = "##b";
  file_["model"]["vocab"]["##bc"] = 7;
  EXPECT_THAT(load()->encode("Ac Ab"), ElementsAre(5, 7, 1));
}

TEST_F(TokenizerJson, ThePostProcessorNamesTheSpecialTokens) {
  file_["model"]["vocab"]["<s>"] = 7;
  file_["post_processor"] = {{"type", "BertProcessing"}, {"cls", {"<s>", 7}}, {"sep", {"A", 5}}};
  EXPECT_EQ(load()->special().cls, 7);
  EXPECT_EQ(load()->special().sep, 5);
  file_["post_processor"]["cls"][1] = 6;
  EXPECT_THAT(error(), HasSubstr("post_processor gives <s> the id 6, the vocabulary another"));
}

TEST_F(TokenizerJson, ATemplateMustBeThatOfBert) {
  const auto special = [](const char* name, int type) {
    return json{{"SpecialToken", {{"id", name}, {"type_id", type}}}};
  };
  const auto text = [](const char* name, int type) {
    return json{{"Sequence", {{"id", name}, {"type_id", type}}}};
  };
  const auto token = [](const char* name, int id) {
    return json{{"id", name}, {"ids", json::array({id})}, {"tokens", json::array({name})}};
  };
  const json single = json::array({special("[MASK]", 0), text("A", 0), special("[SEP]", 0)});
  json pair = single;
  pair.push_back(text("B", 1));
  pair.push_back(special("[SEP]", 1));
  file_["post_processor"] = {
      {"type", "TemplateProcessing"},
      {"single", single},
      {"pair", pair},
      {"special_tokens", {{"[MASK]", token("[MASK]", 4)}, {"[SEP]", token("[SEP]", 3)}}}};
  EXPECT_EQ(load()->special().cls, 4);
  file_["post_processor"]["pair"][4] = special("[SEP]", 0);
  EXPECT_THAT(error(), HasSubstr("post_processor makes \"[MASK]:0 A:0 [SEP]:0\" and"));
}

TEST_F(TokenizerJson, IdsMayHaveGapsButNoTwoPiecesMayShareOne) {
  file_["model"]["vocab"]["A"] = 7;
  const auto tokenizer = load();
  EXPECT_EQ(tokenizer->size(), 8);
  EXPECT_THAT(tokenizer->encode("Ab"), ElementsAre(7, 6));
  EXPECT_EQ(tokenizer->piece(5), "");
  tokenizer->save(directory_ / "saved");
  EXPECT_THAT(load_tokenizer(directory_ / "saved")->encode("Ab"), ElementsAre(7, 6));
  file_["model"]["vocab"]["A"] = 6;
  EXPECT_THAT(error(), HasSubstr("gives \"##b\" and \"A\" the same id 6"));
  file_["model"]["vocab"]["A"] = 2'000'000;
  EXPECT_THAT(error(), HasSubstr("gives \"A\" the id 2000000, which must be 0 to 1000006"));
}

// Equal pieces and gaps make transformers count new ids from within the vocabulary.
TEST_F(TokenizerJson, AnAddedTokenWithAnIdOfThePiecesIsRefused) {
  file_["model"]["vocab"]["A"] = 7;
  file_["added_tokens"][0] = {{"id", 8}, {"content", "[NEW]"}};
  EXPECT_THAT(error(), HasSubstr("tokenizer.json: transformers gives the added token \"[NEW]\" the id 7"));
}

TEST_F(TokenizerJson, AnAddedTokenWithAnotherIdThanTheLibrarysIsNamed) {
  file_["added_tokens"][0]["content"] = "[NEW]";
  EXPECT_THAT(error(), HasSubstr("the added token \"[NEW]\" has the id 4, transformers gives it 7"));
  file_["added_tokens"][0] = {{"id", 7}, {"content", "[NEW]"}};
  EXPECT_THAT(load()->encode("[NEW]A"), ElementsAre(7, 5));
  file_["added_tokens"][0] = {{"id", 7}, {"content", 5}};
  EXPECT_THAT(error(), HasSubstr("it must be a text, or an object with a content"));
}

TEST_F(TokenizerJson, ADamagedFileIsNamed) {
  write("tokenizer.json", "{\"model\": ");
  EXPECT_THAT(
      message_of([this] { load_tokenizer(directory_); }),
      AllOf(HasSubstr("tokenizer.json: broken JSON at byte"), EndsWith("; save the tokenizer again")));
}

}  // namespace
}  // namespace rpp
