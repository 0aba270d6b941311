#include "bert_format/tokenizer_json_redundancy.h"

#include <gtest/gtest.h>

#include "core/json.h"

namespace rpp {
namespace {

using nlohmann::json;

class RedundantJson : public testing::Test {
 protected:
  bool redundant() const {
    const std::string file = file_.dump(), config = config_.dump();
    return is_redundant_tokenizer_json(
        {.vocab_txt = "[PAD]\n[CLS]\na\n", .tokenizer_json = file, .tokenizer_config = config});
  }

  json config_ = {{"tokenizer_class", "BertTokenizerFast"}, {"do_lower_case", false}, {"cls_token", "[CLS]"}};
  json file_ = {{"added_tokens",
                 {{{"id", 1},
                   {"content", "[CLS]"},
                   {"single_word", false},
                   {"lstrip", false},
                   {"rstrip", false},
                   {"normalized", false},
                   {"special", true}}}},
                {"model", {{"vocab", {{"[PAD]", 0}, {"[CLS]", 1}, {"a", 2}}}}}};
};

TEST_F(RedundantJson, WhereVocabTxtAndTokenizerConfigSayTheSame) {
  EXPECT_TRUE(redundant());
}

TEST_F(RedundantJson, NotWithOtherTokens) {
  file_["added_tokens"][0]["lstrip"] = true;
  EXPECT_FALSE(redundant());
  file_["added_tokens"][0]["lstrip"] = false;
  file_["added_tokens"][0]["content"] = "a";
  EXPECT_FALSE(redundant());
}

TEST_F(RedundantJson, NotWithAnotherVocabulary) {
  file_["model"]["vocab"]["b"] = 3;
  EXPECT_FALSE(redundant());
  file_["model"]["vocab"] = {{"[PAD]", 0}, {"[CLS]", 2}, {"a", 1}};
  EXPECT_FALSE(redundant());
}

TEST_F(RedundantJson, NotIfTheConfigLeavesItToTheFile) {
  const json usual = config_;
  for (const auto& [key, value] : {std::pair<const char*, json>("tokenizer_class", "PreTrainedTokenizerFast"),
                                   {"tokenizer_class", nullptr},
                                   {"do_lower_case", nullptr},
                                   {"cls_token", nullptr},
                                   {"cls_token", "a"}}) {
    config_ = usual;
    config_[key] = value;
    EXPECT_FALSE(redundant()) << config_;
  }
  EXPECT_FALSE(is_redundant_tokenizer_json({.vocab_txt = "", .tokenizer_json = "{}"}));
}

}  // namespace
}  // namespace rpp
