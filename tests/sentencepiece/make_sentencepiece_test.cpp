#include "sentencepiece/make_sentencepiece.h"

#include <gmock/gmock.h>

#include "message_of.h"
#include "sentencepiece/sentencepiece_tokenizer.h"
#include "sentencepiece/small_model.h"
#include "tokenizer/sequence.h"
#include "tokenizer/text_files.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kClass = R"({"tokenizer_class": "XLMRobertaTokenizer"})";

class MakeSentencePiece : public TextFiles {
 protected:
  void write_json(const json& tokenizer) const { write("tokenizer.json", tokenizer.dump()); }
  std::vector<int32_t> ids_of(std::string_view text) const {
    return load_tokenizer(directory_)->encode(text);
  }
  // The message for a tokenizer.json with a changed member.
  std::string refusal(const char* member, const json& value) const {
    json changed = small_tokenizer_json();
    changed[json::json_pointer(member)] = value;
    write_json(changed);
    return message_of([this] { load_tokenizer(directory_); });
  }
};

// The ids are those of transformers' XLMRobertaTokenizer with the same pieces.
TEST_F(MakeSentencePiece, AnXlmRobertaModelHasItsIdsShiftedByOneAndItsMaskAtTheEnd) {
  write("sentencepiece.bpe.model", small_model());
  const auto tokenizer = load_tokenizer(directory_);
  EXPECT_THAT(tokenizer->encode("the  gardens zap >> "), ElementsAre(4, 5, 6, 8, 7, 3, 7, 10, 10));
  const SpecialTokens& special = tokenizer->special();
  EXPECT_EQ((std::vector{special.cls, special.pad, special.sep, special.unk, special.mask}),
            (std::vector<int32_t>{0, 1, 2, 3, 11}));
  EXPECT_EQ(tokenizer->size(), 12);
}

TEST_F(MakeSentencePiece, SpecialTokensInATextAreRead) {
  write("sentencepiece.bpe.model", small_model());
  const auto tokenizer = load_tokenizer(directory_);
  const std::string_view text = "the <mask>gar </s> <x>";
  EXPECT_THAT(tokenizer->encode(text), ElementsAre(4, 11, 5, 2, 7, 9, 3, 10));
  const EncodedText encoded = tokenizer->encode_with_offsets(text);
  EXPECT_EQ(encoded.ids, tokenizer->encode(text));
  EXPECT_EQ(encoded.spans[1].of(text), "<mask>");
  EXPECT_EQ(encoded.spans[2].of(text), "gar");
  EXPECT_EQ(encoded.spans[3].of(text), "</s>");
}

TEST_F(MakeSentencePiece, TheClassGivesAModelOfAnotherNameTheseIds) {
  write("spiece.model", small_model());
  EXPECT_THAT(message_of([this] { load_tokenizer(directory_); }),
              HasSubstr("spiece.model has no piece [PAD] or <pad>"));
  for (const char* file : {"tokenizer_config.json", "config.json"}) {
    write(file, kClass);
    EXPECT_THAT(ids_of("the"), ElementsAre(4)) << file;
    std::filesystem::remove(directory_ / file);
  }
}

TEST_F(MakeSentencePiece, ATokenizerJsonAloneGivesTheSameIds) {
  write_json(small_tokenizer_json());
  EXPECT_THAT(ids_of("the gardens"), ElementsAre(4, 5, 6, 8));
  EXPECT_EQ(load_tokenizer(directory_)->special().mask, 11);
}

TEST_F(MakeSentencePiece, APairHasTwoSeparatorsAndOneTokenType) {
  write("sentencepiece.bpe.model", small_model());
  std::vector<int32_t> ids, types;
  append_sequence(*load_tokenizer(directory_), "the", "gar", 16, ids, types);
  EXPECT_THAT(ids, ElementsAre(0, 4, 2, 2, 5, 2));
  EXPECT_THAT(types, testing::Each(0));
  ids.clear();
  EXPECT_EQ(append_sequence(*load_tokenizer(directory_), "the the the", "gar", 7, ids, types), 1);
  EXPECT_THAT(ids, ElementsAre(0, 4, 4, 2, 2, 5, 2));
}

TEST_F(MakeSentencePiece, ATokenizerJsonBesideAnotherModelIsRefused) {
  write("sentencepiece.bpe.model", small_model());
  write_json(small_tokenizer_json());
  EXPECT_THAT(ids_of("the"), ElementsAre(4));
  json other = small_tokenizer_json();
  other["model"]["vocab"][5][1] = -2.25;
  write_json(other);
  EXPECT_THAT(
      message_of([this] { load_tokenizer(directory_); }),
      AllOf(HasSubstr("sentencepiece.bpe.model and "), HasSubstr("tokenizer.json differ from piece 5 on")));
}

TEST_F(MakeSentencePiece, SavedFilesGiveTheSameTokenizer) {
  const auto check = [&] {
    const auto tokenizer = load_tokenizer(directory_);
    tokenizer->save(directory_ / "saved");
    const auto saved = load_tokenizer(directory_ / "saved");
    EXPECT_EQ(saved->identity(), tokenizer->identity());
    EXPECT_TRUE(saved->special().two_separators);
    std::filesystem::remove_all(directory_ / "saved");
  };
  write("sentencepiece.bpe.model", small_model());
  check();
  std::filesystem::remove(directory_ / "sentencepiece.bpe.model");
  write_json(small_tokenizer_json());
  check();
}

// As transformers' CamembertTokenizer.
TEST_F(MakeSentencePiece, CamembertHasTheFirstPiecesTwice) {
  write("sentencepiece.bpe.model", small_model());
  write("config.json", R"({"model_type": "camembert"})");
  write("special_tokens_map.json", R"({"additional_special_tokens": ["<s>NOTUSED", "</s>NOTUSED"]})");
  const auto check = [](const Tokenizer& tokenizer) {
    const SpecialTokens& special = tokenizer.special();
    EXPECT_EQ((std::vector{special.cls, special.pad, special.sep, special.unk, special.mask}),
              (std::vector<int32_t>{5, 1, 6, 3, 14}));
    EXPECT_TRUE(special.two_separators);
    EXPECT_THAT(tokenizer.encode("the <mask>gardens zap"), ElementsAre(7, 14, 8, 9, 11, 10, 3));
  };
  const auto tokenizer = load_tokenizer(directory_);
  check(*tokenizer);
  tokenizer->save(directory_ / "saved");
  for (const char* removed : {"none", "sentencepiece.bpe.model", "tokenizer_config.json"}) {
    std::filesystem::remove(directory_ / "saved" / removed);
    check(*load_tokenizer(directory_ / "saved"));
  }
  write("tokenizer_config.json", R"({"tokenizer_class": "CamembertTokenizerFast"})");
  std::filesystem::remove(directory_ / "config.json");
  check(*load_tokenizer(directory_));
}

TEST_F(MakeSentencePiece, APartOfCamembertsPiecesIsReadAgain) {
  write("sentencepiece.bpe.model", small_model());
  write("tokenizer_config.json", R"({"tokenizer_class": "CamembertTokenizer"})");
  const auto tokenizer = load_tokenizer(directory_);
  const auto& whole = dynamic_cast<const SentencePieceTokenizer&>(*tokenizer);
  std::vector<int32_t> kept = whole.required();
  EXPECT_THAT(kept, ElementsAre(0, 1, 2, 3, 4, 5, 6, 14));  // 4 has the lowest score
  kept.insert(kept.end() - 1, {8, 9});
  SentencePieceTokenizer(whole.keeping(kept)).save(directory_ / "cut");
  EXPECT_THAT(load_tokenizer(directory_ / "cut")->encode("garden<mask>"), ElementsAre(7, 8, 9));
  std::filesystem::remove(directory_ / "cut/tokenizer.json");
  EXPECT_THAT(load_tokenizer(directory_ / "cut")->encode("garden<mask>"), ElementsAre(7, 8, 9));
}

TEST_F(MakeSentencePiece, ClassesWithOtherIdsAreRefused) {
  write("sentencepiece.bpe.model", small_model());
  for (const char* name : {"DebertaV2Tokenizer", "T5TokenizerFast"}) {
    write("tokenizer_config.json", json{{"tokenizer_class", name}}.dump());
    EXPECT_THAT(message_of([this] { load_tokenizer(directory_); }),
                HasSubstr("tokenizer_class \"" + std::string(name) + "\" is not supported"));
  }
}

TEST_F(MakeSentencePiece, AModelThatIsNotXlmRobertasIsRefusedUnderItsName) {
  auto pieces = small_pieces();
  std::swap(pieces[1], pieces[2]);
  const std::string settings = unigram_settings("");
  write("sentencepiece.bpe.model",
        serialize_sentencepiece_model(pieces, std::vector<std::string_view>{settings}));
  EXPECT_THAT(message_of([this] { load_tokenizer(directory_); }), HasSubstr("start with <unk>, <s>, </s>"));
}

TEST_F(MakeSentencePiece, PartsOfTokenizerJsonThatGiveOtherIdsAreRefused) {
  EXPECT_THAT(refusal("/normalizer", {{"type", "NFC"}}),
              HasSubstr("the normalizer \"NFC\" is not supported"));
  EXPECT_THAT(refusal("/normalizer/precompiled_charsmap", "###"),
              HasSubstr("precompiled_charsmap is not Base64"));
  EXPECT_THAT(refusal("/pre_tokenizer", {{"type", "ByteLevel"}}),
              HasSubstr("the pre_tokenizer {\"type\":\"ByteLevel\"} is not supported"));
  EXPECT_THAT(refusal("/pre_tokenizer/pretokenizers/1/prepend_scheme", "never"),
              HasSubstr("a Metaspace that marks every word"));
  EXPECT_THAT(refusal("/post_processor", nullptr),
              HasSubstr("tokenizer.json: post_processor null is not supported"));
  EXPECT_THAT(refusal("/post_processor/single/0", json{{"Sequence", {{"id", "B"}}}}),
              HasSubstr("tokenizer.json: post_processor makes \"B:null A:0 </s>:0\""));
  EXPECT_THAT(refusal("/post_processor/special_tokens/<s>/ids/0", 1),
              HasSubstr("post_processor gives <s> the id 1, the vocabulary another"));
  EXPECT_THAT(refusal("/model/byte_fallback", true), HasSubstr("byte_fallback true is not supported"));
  EXPECT_THAT(refusal("/model/unk_id", 12), HasSubstr("unk_id is 12"));
  EXPECT_THAT(refusal("/model/vocab/4", "the"), HasSubstr("entry 4 of the vocabulary is \"the\""));
  EXPECT_THAT(refusal("/added_tokens/4/id", 7),
              HasSubstr("the added token \"<mask>\" (id 7) is not the piece of that id"));
}

}  // namespace
}  // namespace rpp
