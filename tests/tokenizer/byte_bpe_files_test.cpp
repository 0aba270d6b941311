#include "tokenizer/byte_bpe_files.h"

#include <gmock/gmock.h>

#include "core/atomic_file.h"
#include "tokenizer/byte_bpe_vocab.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class ByteBpeFiles : public ByteBpeFolder {
 protected:
  std::vector<int32_t> ids(std::string_view text) const { return load_tokenizer(directory_)->encode(text); }
  std::string error() const {
    return message_of([this] { load_tokenizer(directory_); });
  }
  // A tokenizer.json that is read as it is.
  json saved() {
    load_tokenizer(directory_)->save(directory_);
    write("tokenizer_config.json", R"({"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>",
                                       "mask_token": "<mask>"})");
    return json::parse(read_file(directory_ / "tokenizer.json"));
  }
};

TEST_F(ByteBpeFiles, OfBothFormsTokenizerJsonIsRead) {
  load_tokenizer(directory_)->save(directory_);
  write("merges.txt", "broken");
  EXPECT_EQ(ids(" the").size(), 1);
}

TEST_F(ByteBpeFiles, RobertaTokenizerTakesItsSwitchesFromTheConfig) {
  json file = saved();
  file["pre_tokenizer"]["add_prefix_space"] = true;
  write_json("tokenizer.json", file);
  EXPECT_EQ(ids("the").size(), 1);
  write("tokenizer_config.json", R"({"tokenizer_class": "RobertaTokenizer"})");
  EXPECT_EQ(ids("the").size(), 2);
  write("tokenizer_config.json", R"({"add_prefix_space": true})");
  EXPECT_EQ(ids("the").size(), 1);
}

TEST_F(ByteBpeFiles, AddedTokensGetTheNextIds) {
  write("added_tokens.json", R"({"[E1]": 288})");
  EXPECT_THAT(ids("[E1]<mask>"), ElementsAre(288, 4));
  write("added_tokens.json", R"({"[E1]": 290})");
  EXPECT_THAT(error(), HasSubstr("added_tokens.json: the added token \"[E1]\" has the id 290"));
}

TEST_F(ByteBpeFiles, WithIgnoreMergesAWordThatIsAPieceIsThatPiece) {
  json file = saved();
  file["model"]["vocab"]["zz"] = 288;
  write_json("tokenizer.json", file);
  EXPECT_EQ(ids("zz").size(), 2);
  file["model"]["ignore_merges"] = true;
  write_json("tokenizer.json", file);
  EXPECT_THAT(ids("zz"), ElementsAre(288));
}

TEST_F(ByteBpeFiles, MergesAreListsOrTexts) {
  json file = saved();
  for (json& merge : file["model"]["merges"]) {
    merge = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
  }
  write_json("tokenizer.json", file);
  EXPECT_EQ(ids(" the").size(), 1);
}

TEST_F(ByteBpeFiles, AnotherTemplateForPairsIsReadFromTokenizerJson) {
  json file = saved();
  const auto special = [](const char* id, int type) {
    return json{{"SpecialToken", {{"id", id}, {"type_id", type}}}};
  };
  const auto text = [](const char* id, int type) {
    return json{{"Sequence", {{"id", id}, {"type_id", type}}}};
  };
  json& processor = file["post_processor"];
  processor = {
      {"type", "TemplateProcessing"},
      {"single", {special("<s>", 0), text("A", 0), special("</s>", 0)}},
      {"pair", {special("<s>", 0), text("A", 0), special("</s>", 0), text("B", 1), special("</s>", 1)}},
      {"special_tokens",
       {{"<s>", {{"id", "<s>"}, {"ids", {0}}, {"tokens", {"<s>"}}}},
        {"</s>", {{"id", "</s>"}, {"ids", {2}}, {"tokens", {"</s>"}}}}}}};
  write_json("tokenizer.json", file);
  EXPECT_FALSE(load_tokenizer(directory_)->special().two_separators);
  processor["pair"] = {special("<s>", 0),  text("A", 0), special("</s>", 0),
                       special("</s>", 0), text("B", 0), special("</s>", 0)};
  write_json("tokenizer.json", file);
  EXPECT_TRUE(load_tokenizer(directory_)->special().two_separators);
  processor["pair"] = {special("<s>", 0), text("B", 0)};
  write_json("tokenizer.json", file);
  EXPECT_THAT(error(), HasSubstr("tokenizer.json: post_processor makes"));
}

TEST_F(ByteBpeFiles, WhatWouldGiveOtherIdsIsRefusedByItsKey) {
  const json file = saved();
  const std::vector<std::pair<json, const char*>> changes = {
      {{{"normalizer", {{"type", "NFC"}}}}, "normalizer \"NFC\" is not supported"},
      {{{"pre_tokenizer", {{"type", "Whitespace"}}}}, "pre_tokenizer \"Whitespace\" is not supported"},
      {{{"pre_tokenizer", {{"use_regex", false}}}}, "pre_tokenizer.use_regex false is not supported"},
      {{{"model", {{"dropout", 0.1}}}}, "model.dropout 0.1 is not supported"},
      {{{"model", {{"continuing_subword_prefix", "##"}}}}, "model.continuing_subword_prefix \"##\" is not"},
      {{{"model", {{"end_of_word_suffix", "</w>"}}}}, "model.end_of_word_suffix \"</w>\" is not"},
      {{{"model", {{"byte_fallback", true}}}}, "model.byte_fallback true is not"},
      {{{"post_processor", {{"type", "ByteLevel"}}}}, "post_processor \"ByteLevel\" is not supported"},
      {{{"post_processor", {{"sep", {"</s>", 3}}}}}, "post_processor gives </s> the id 3"},
      {{{"model", {{"merges", {"a"}}}}}, "model.merges: entry 1 is \"a\", it must be two pieces"},
      {{{"model", {{"type", "WordLevel"}}}}, "holds no BPE model"},
  };
  for (const auto& [change, message] : changes) {
    json changed = file;
    changed.merge_patch(change);
    write_json("tokenizer.json", changed);
    EXPECT_THAT(error(), AllOf(HasSubstr("tokenizer.json"), HasSubstr(message)));
  }
  json without = file;
  without["post_processor"] = nullptr;
  write_json("tokenizer.json", without);
  EXPECT_THAT(error(), HasSubstr("tokenizer.json: post_processor null is not supported"));
}

TEST_F(ByteBpeFiles, ClassesOfOtherTokenizersAreRefused) {
  for (const char* name : {"GPT2Tokenizer", "BertTokenizer", "MPNetTokenizerFast"}) {
    write_json("tokenizer_config.json", {{"tokenizer_class", name}});
    EXPECT_THAT(error(),
                HasSubstr(fmt::format("tokenizer_config.json: tokenizer_class \"{}\" is not", name)));
  }
  write("tokenizer_config.json", "{}");
  write("config.json", R"({"model_type": "bert"})");
  EXPECT_THAT(error(),
              HasSubstr("config.json: transformers reads the tokenizer of a model of type \"bert\""));
}

TEST_F(ByteBpeFiles, DamageIsNamedWithTheFile) {
  const json vocab = byte_bpe_vocab();
  const auto with = [&](const char* piece, const json& id) {
    json changed = vocab;
    changed[piece] = id;
    write_json("vocab.json", changed);
    return error();
  };
  EXPECT_THAT(with("the", 7), HasSubstr("vocab.json gives \"the\" and \"\u0102\" the same id 7"));
  EXPECT_THAT(with("the", "7"), HasSubstr("vocab.json gives \"the\" the id \"7\""));
  EXPECT_THAT(with("the", -1), HasSubstr("vocab.json gives \"the\" the id -1"));
  EXPECT_EQ(with("the", 400), "no error");  // a gap
  json without = vocab;
  without.erase("\u0120");
  write_json("vocab.json", without);
  EXPECT_THAT(error(),
              AllOf(HasSubstr("needs the piece \"\u0120\", which "), HasSubstr("vocab.json does not have")));
  without = vocab;
  without.erase("Q");
  write_json("vocab.json", without);
  EXPECT_THAT(error(), HasSubstr("vocab.json has no piece Q"));
  without = vocab;
  without.erase("<mask>");
  write_json("vocab.json", without);
  EXPECT_THAT(error(), HasSubstr("the added token \"<mask>\" the id 287, which is within the vocabulary"));
  write("vocab.json", "[1");
  EXPECT_THAT(error(), HasSubstr("vocab.json: broken JSON"));
}

TEST_F(ByteBpeFiles, DamagedMergesAreNamedWithTheirLine) {
  const auto with = [&](std::string_view merges) {
    write("merges.txt", merges);
    return error();
  };
  EXPECT_THAT(with("#version: 0.2\nh e\nq zz\n"), HasSubstr("merges.txt: merge 2 needs the piece \"zz\""));
  EXPECT_THAT(with("h e\nhe a\n"), HasSubstr("merges.txt: merge 2 needs the piece \"hea\""));
  EXPECT_THAT(with("h e\n\nl l\n"), HasSubstr("merges.txt, line 2: \"\" is not a pair"));
  EXPECT_THAT(with("h e x\n"), HasSubstr("merges.txt, line 1: \"h e x\" is not a pair"));
  EXPECT_THAT(with("h \xff\n"), HasSubstr("merges.txt, line 1: not valid UTF-8"));
  EXPECT_EQ(with("h e\r\nl l"), "no error");
  std::filesystem::remove(directory_ / "merges.txt");
  EXPECT_THAT(error(),
              HasSubstr("merges.txt is missing: byte-level BPE needs vocab.json and merges.txt, or"));
  write("merges.txt", kByteBpeMerges);
  std::filesystem::remove(directory_ / "vocab.json");
  EXPECT_THAT(error(), HasSubstr("vocab.json is missing"));
}

}  // namespace
}  // namespace rpp
