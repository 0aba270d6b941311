// Expected ids are those of transformers 5.17's AutoTokenizer for the same files.
#include "tokenizer/wordpiece_files.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/atomic_file.h"
#include "tokenizer/text_files.h"
#include "tokenizer/wordpiece_vocab.h"
#include "tokenizer_files/fingerprint.h"

namespace rpp {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WordPieceFolder : public TextFiles {
 protected:
  WordPieceFolder() { write("vocab.txt", wordpiece_vocab()); }

  std::unique_ptr<WordPieceTokenizer> load() const { return std::move(load_wordpiece(directory_).tokenizer); }
  std::string error() const {
    return message_of([this] { load(); });
  }
  std::vector<int32_t> ids(std::string_view text) const { return load()->encode(text); }
  void write_json(const char* name, const json& file) const { write(name, file.dump()); }
};

constexpr int32_t kVocabSize = 52, kUnk = 1;

TEST_F(WordPieceFolder, ABareVocabularyIsReadAsByGooglesCode) {
  write("config.json", R"({"model_type": "bert"})");
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\n[\nmask\n]\nprice\n##\ue000\n");
  EXPECT_EQ(ids(std::string(150, 'a')).size(), 150);
  EXPECT_THAT(ids("[MASK]"), ElementsAre(7, 8, 9));
  EXPECT_THAT(ids("price\ue000"), ElementsAre(10, 11));
}

TEST_F(WordPieceFolder, AnyFileOfTransformersMakesItsRules) {
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"}) {
    write(name, name == std::string_view("tokenizer_config.json") ? R"({"do_lower_case": true})" : "{}");
    EXPECT_EQ(load()->settings().rules.has_value(), true) << name;
    std::filesystem::remove(directory_ / name);
  }
  write("tokenizer_config.json", R"({"do_lower_case": true})");
  EXPECT_EQ(ids(std::string(100, 'a')).size(), 100);
  EXPECT_THAT(ids(std::string(101, 'a')), ElementsAre(kUnk));
  EXPECT_EQ(ids("aa " + std::string(10'000, '-')).size(), 10'002);
  EXPECT_THAT(ids("[MASK][SEP]"), ElementsAre(4, 3));
  EXPECT_THAT(ids("price\ue000"), ElementsAre(38));
}

TEST_F(WordPieceFolder, AddedTokensOfEachFile) {
  write("tokenizer_config.json", R"({"do_lower_case": true})");
  write("added_tokens.json", R"({"zz": 52, "a-b": 53})");
  EXPECT_THAT(ids("a ZZ a-b a"), ElementsAre(5, 52, 53, 5));
  EXPECT_EQ(load()->size(), kVocabSize + 2);
  EXPECT_EQ(load()->piece(53), "a-b");
  EXPECT_FALSE(load()->is_continuation(53));
  std::filesystem::remove(directory_ / "added_tokens.json");
  write("tokenizer_config.json", R"({"do_lower_case": true, "added_tokens_decoder": {
        "49": {"content": "w9", "special": true}, "52": {"content": "a-b", "lstrip": true, "normalized": false}}})");
  EXPECT_THAT(ids("a a-b A-B xw9"), ElementsAre(5, 52, 5, 44, 7, 36, 49));
  for (const char* key : {"additional_special_tokens", "extra_special_tokens"}) {
    write_json("tokenizer_config.json", {{"do_lower_case", true}, {key, {"a-b"}}});
    EXPECT_THAT(ids("a-b A-B"), ElementsAre(52, 5, 44, 7));
  }
  write("tokenizer_config.json", R"({"do_lower_case": true})");
  write("special_tokens_map.json", R"({"additional_special_tokens": ["a-b"], "sep_token": "b",
        "mask_token": {"content": "[MASK]", "lstrip": true, "normalized": true}})");
  EXPECT_THAT(ids("[mask] a-b [SEP]"), ElementsAre(4, 52, 22, 25, 23));
  EXPECT_EQ(load()->special().sep, 7);
}

TEST_F(WordPieceFolder, FilesOfWhichTheOtherCounts) {
  write("special_tokens_map.json", R"({"sep_token": "a", "additional_special_tokens": ["a-b"]})");
  write("tokenizer_config.json",
        R"({"do_lower_case": true, "sep_token": "b", "extra_special_tokens": ["x"]})");
  EXPECT_EQ(load()->special().sep, 5);
  EXPECT_THAT(ids("a-b [SEP] bxb"), ElementsAre(5, 44, 7, 22, 25, 23, 7, 36, 7));
  write("tokenizer_config.json",
        R"({"do_lower_case": true, "added_tokens_decoder": {"2": {"content": "[CLS]", "special": true}}})");
  EXPECT_EQ(load()->special().sep, 3);
  EXPECT_THAT(ids("a-b"), ElementsAre(5, 44, 7));
}

TEST_F(WordPieceFolder, SpecialTokensMayBeOtherPiecesAndNew) {
  write("tokenizer_config.json", R"({"do_lower_case": true, "cls_token": "the", "mask_token": "<mask>",
        "extra_special_tokens": {"image_token": "x"}, "foo_token": "w9", "bos_token": null})");
  const auto tokenizer = load();
  EXPECT_EQ(tokenizer->special().cls, 51);
  EXPECT_EQ(tokenizer->special().mask, kVocabSize);
  EXPECT_THAT(tokenizer->encode("THE the<mask>aw9x"), ElementsAre(51, 51, 52, 5, 49, 36));
  write("tokenizer_config.json", R"({"a_token": "new1", "b_token": "new2", "do_lower_case": true})");
  EXPECT_THAT(error(), HasSubstr("\"new2\" has no id: list it in added_tokens_decoder"));
}

TEST_F(WordPieceFolder, IdsThatTransformersWouldNotGiveAreRefused) {
  write("added_tokens.json", R"({"zz": 60})");
  EXPECT_THAT(error(),
              HasSubstr("added_tokens.json: the added token \"zz\" has the id 60, transformers gives it 52"));
  write("added_tokens.json", R"({"[CLS]": 7})");
  EXPECT_THAT(error(), HasSubstr("the added token \"[CLS]\" has the id 7, transformers gives it 2"));
  write("added_tokens.json", R"({"zz": "52"})");
  EXPECT_THAT(error(), HasSubstr("the id of \"zz\" is \"52\", it must be a number"));
  std::filesystem::remove(directory_ / "added_tokens.json");
  write("tokenizer_config.json", R"({"added_tokens_decoder": {"x": {"content": "zz"}}})");
  EXPECT_THAT(error(), HasSubstr("added_tokens_decoder has the key \"x\", which is no id"));
  write("tokenizer_config.json", R"({"unk_token": "zz", "do_lower_case": true})");
  EXPECT_THAT(error(), HasSubstr("vocab.txt has no piece zz"));
  write("tokenizer_config.json", R"({"do_lower_case": true, "added_tokens_decoder": {
        "52": {"content": "\u0301", "normalized": true}}})");
  EXPECT_THAT(error(), HasSubstr("nothing is left of the added token"));
}

TEST_F(WordPieceFolder, OfEqualPiecesTheLastIsUsed) {
  write("vocab.txt", wordpiece_vocab() + "a\nzz\n");
  EXPECT_THAT(ids("a b zz"), ElementsAre(52, 7, 53));
  write("tokenizer_config.json", R"({"do_lower_case": true})");
  const auto tokenizer = load();
  EXPECT_THAT(tokenizer->encode("a b zz"), ElementsAre(52, 7, 53));
  tokenizer->save(directory_ / "saved");
  EXPECT_EQ(fingerprint(*load_wordpiece(directory_ / "saved").tokenizer), fingerprint(*tokenizer));
}

TEST_F(WordPieceFolder, ATokenizerJsonCountsMoreThanVocabTxt) {
  json file = wordpiece_json();
  file["model"]["vocab"]["a"] = 7;
  file["model"]["vocab"]["b"] = 5;
  write_json("tokenizer.json", file);
  write("tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer", "do_lower_case": true})");
  EXPECT_THAT(ids("a b"), ElementsAre(7, 5));
  EXPECT_THAT(load_wordpiece(directory_ / "vocab.txt").tokenizer->encode("a b"), ElementsAre(5, 7));
}

// BertTokenizer has its own normaliser; PreTrainedTokenizerFast takes the file's.
TEST_F(WordPieceFolder, TheClassSaysWhatOfATokenizerJsonCounts) {
  json file = wordpiece_json();
  file["normalizer"]["lowercase"] = false;
  file["pre_tokenizer"]["type"] = "WhitespaceSplit";
  file["added_tokens"] =
      json::array({{{"id", 52}, {"content", "zz"}, {"normalized", false}, {"special", true}}});
  write_json("tokenizer.json", file);
  for (const char* name : {"PreTrainedTokenizerFast", "TokenizersBackend", "ConvBertTokenizer"}) {
    write_json("tokenizer_config.json", {{"tokenizer_class", name}, {"do_lower_case", true}});
    EXPECT_THAT(ids("A ZZ zz A-b [SEP]"), ElementsAre(9, kUnk, 52, kUnk, 3)) << name;
  }
  for (const char* name : {"BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", "ElectraTokenizer"}) {
    write_json("tokenizer_config.json", {{"tokenizer_class", name}});
    EXPECT_THAT(ids("A ZZ zz A-b [SEP]"), ElementsAre(5, kUnk, 52, 5, 44, 7, 3)) << name;
    EXPECT_THAT(load_wordpiece(directory_).note, HasSubstr("says do_lower_case: text is lower-cased"));
  }
  write("tokenizer_config.json", R"({"tokenizer_class": "PreTrainedTokenizerFast", "sep_token": "[SEP]"})");
  EXPECT_THAT(ids("A [SEP]"), ElementsAre(9, 3));
}

TEST_F(WordPieceFolder, WithoutAClassAConfigMakesItABertTokenizer) {
  json file = wordpiece_json();
  file["normalizer"]["lowercase"] = false;
  write_json("tokenizer.json", file);
  EXPECT_THAT(ids("A [SEP]"), ElementsAre(9, 22, 26, 23));
  write("config.json", R"({"model_type": "bert"})");
  EXPECT_THAT(ids("A [SEP]"), ElementsAre(5, 3));
  write("config.json", R"({"model_type": "bert", "tokenizer_class": "PreTrainedTokenizerFast"})");
  EXPECT_THAT(ids("A [SEP]"), ElementsAre(9, 22, 26, 23));
}

class MpnetFolder : public WordPieceFolder {
 protected:
  MpnetFolder() {
    write("vocab.txt", "<s>\n<pad>\n</s>\n[UNK]\na\n##b\nc\n[\nunk\n]\n<mask>\n");
    write("config.json", R"({"model_type": "mpnet"})");
  }
};

TEST_F(MpnetFolder, HasRobertasSpecialTokensAndTwoSeparators) {
  for (const char* config : {"{}", R"({"tokenizer_class": "MPNetTokenizer", "do_lower_case": true})"}) {
    write("tokenizer_config.json", config);
    const auto tokenizer = load();
    const SpecialTokens& special = tokenizer->special();
    EXPECT_THAT((std::vector{special.cls, special.pad, special.sep, special.unk, special.mask}),
                ElementsAre(0, 1, 2, 3, 10));
    EXPECT_TRUE(special.two_separators);
    EXPECT_THAT(ids("AB c"), ElementsAre(4, 5, 6));
    EXPECT_THAT(ids("<S>a</s>"), ElementsAre(3, 3, 3, 4, 2));
    EXPECT_THAT(ids("a<MASK>"), ElementsAre(4, 3, 3, 3));
  }
}

TEST_F(MpnetFolder, TheMaskTakesTheBlanksBeforeItButItsSpanDoesNot) {
  const EncodedText encoded = load()->encode_with_offsets("a  <mask> c");
  EXPECT_THAT(encoded.ids, ElementsAre(4, 10, 6));
  EXPECT_EQ(encoded.spans[1].begin, 3);
  EXPECT_EQ(encoded.spans[1].end, 9);
}

TEST_F(MpnetFolder, IsTheSameWhenSavedAndReadAgain) {
  const auto tokenizer = load();
  tokenizer->save(directory_ / "saved");
  const auto again = load_wordpiece(directory_ / "saved").tokenizer;
  EXPECT_EQ(fingerprint(*again), fingerprint(*tokenizer));
  EXPECT_TRUE(again->special().two_separators);
  EXPECT_EQ(again->encode_with_offsets("a  <mask> c").spans[1].begin, 3);
}

// Shards carry the fingerprint: it must not change for tokenizers that say no more than the case.
TEST_F(WordPieceFolder, FingerprintsOfPlainTokenizersStay) {
  const std::string pieces = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n";
  write("vocab.txt", pieces);
  EXPECT_EQ(load()->identity(), "wordpiece lower\n" + pieces);
  write("tokenizer_config.json", R"({"do_lower_case": true})");
  EXPECT_EQ(load()->identity(), "wordpiece lower\n" + pieces);
  write("tokenizer_config.json", R"({"do_lower_case": false, "strip_accents": false})");
  EXPECT_EQ(load()->identity(), "wordpiece keep\n" + pieces);
}

TEST_F(WordPieceFolder, EverythingThatIdsDependOnChangesTheFingerprint) {
  std::set<std::string> seen;
  for (
      const char* config :
      {R"({"do_lower_case": false})", R"({"do_lower_case": true, "strip_accents": false})",
       R"({"do_lower_case": true, "tokenize_chinese_chars": false})",
       R"({"do_lower_case": true, "cls_token": "the"})", R"({"do_lower_case": true, "mask_token": "the"})",
       R"({"do_lower_case": true, "pad_token": "the"})",
       R"({"do_lower_case": true, "extra_special_tokens": ["x"]})",
       R"({"do_lower_case": true, "added_tokens_decoder": {"36": {"content": "x"}}})",
       R"({"do_lower_case": true, "added_tokens_decoder": {"36": {"content": "x", "lstrip": true}}})",
       R"({"do_lower_case": true, "added_tokens_decoder": {"36": {"content": "x", "single_word": true}}})"}) {
    write("tokenizer_config.json", config);
    EXPECT_TRUE(seen.insert(fingerprint(*load())).second) << config;
  }
}

TEST_F(WordPieceFolder, WhatVocabTxtCannotSayIsSavedAsTokenizerJson) {
  write("tokenizer_config.json", R"({"do_lower_case": true, "mask_token": "<mask>", "pad_token": "the",
        "strip_accents": false, "extra_special_tokens": ["zz"]})");
  const auto tokenizer = load();
  tokenizer->save(directory_ / "saved");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "saved/vocab.txt"));
  const auto config = json::parse(read_file(directory_ / "saved/tokenizer_config.json"));
  EXPECT_EQ(config["tokenizer_class"], "PreTrainedTokenizerFast");
  EXPECT_EQ(config["mask_token"], "<mask>");
  const auto again = load_wordpiece(directory_ / "saved").tokenizer;
  EXPECT_EQ(again->special().mask, tokenizer->special().mask);
  EXPECT_EQ(again->special().pad, 51);
  EXPECT_EQ(fingerprint(*again), fingerprint(*tokenizer));
}

TEST_F(WordPieceFolder, DamagedFilesAreNamed) {
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"}) {
    write(name, "[");
    EXPECT_THAT(error(), AllOf(HasSubstr(name), HasSubstr("broken JSON"))) << name;
    std::filesystem::remove(directory_ / name);
  }
  write("tokenizer_config.json", R"({"cls_token": 5})");
  EXPECT_THAT(error(), HasSubstr("tokenizer_config.json: an added token is 5, it must be a text"));
  write("tokenizer_config.json", R"({"extra_special_tokens": "x"})");
  EXPECT_THAT(error(), HasSubstr("extra_special_tokens is \"x\", it must be a list of tokens"));
}

}  // namespace
}  // namespace rpp
