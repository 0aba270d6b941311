#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "message_of.h"
#include "sentencepiece/sentencepiece_model.h"
#include "tokenizer/text_files.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using Ids = std::vector<int32_t>;

std::string albert_model() {
  const auto special = [](std::string_view text) {
    return ModelPiece{.text = text, .type = PieceType::control};
  };
  const std::vector<ModelPiece> pieces = {
      special("<pad>"),
      {.text = "<unk>", .type = PieceType::unknown},
      special("[CLS]"),
      special("[SEP]"),
      special("[MASK]"),
      {.text = "\u2581the", .score = -1},
      {.text = "\u2581caf", .score = -2},
      {.text = "e", .score = -2.5F},
      {.text = "\u2581", .score = -3},
      {.text = "\"", .score = -3.5F},
      {.text = "fi", .score = -3.75F},
      {.text = "n", .score = -4},
      {.text = "1", .score = -4.5F},
      {.text = "\u00e9", .score = -5},
      {.text = "T", .score = -5.5F},
      {.text = "h", .score = -6},
      {.text = "A", .score = -6.5F},
      {.text = "a", .score = -7},
      {.text = "\u2713", .score = -7.5F},
      {.text = "'", .score = -8},
      {.text = "\ufb01", .score = -8.5F},
  };
  return serialize_sentencepiece_model(pieces, std::vector<std::string_view>{unigram_settings("")});
}

class Albert : public TextFiles {
 protected:
  std::unique_ptr<Tokenizer> tokenizer(json switches) const {
    write("spiece.model", albert_model());
    switches["tokenizer_class"] = "AlbertTokenizer";
    write("tokenizer_config.json", switches.dump());
    return load_tokenizer(directory_);
  }
};

// The ids and spans here are those of transformers' AlbertTokenizer with the same pieces.
TEST_F(Albert, LowerCasesAndStripsAccents) {
  const auto albert = tokenizer({});
  EXPECT_EQ(albert->encode("The caf\u00e9"), (Ids{5, 6, 7}));
  EXPECT_EQ(albert->encode("``\ufb01n''"), (Ids{8, 9, 10, 11, 9}));
  EXPECT_EQ(albert->encode("\u2460 \U0001d400"), (Ids{8, 12, 8, 17}));
  EXPECT_EQ(albert->encode("\u0903e\u0301"), (Ids{8, 7}));  // a spacing mark, then another
}

TEST_F(Albert, SwitchesOfTheConfigurationAreHonoured) {
  const auto accents = tokenizer({{"keep_accents", true}});
  EXPECT_EQ(accents->encode("The caf\u00e9"), (Ids{5, 6, 13}));
  EXPECT_EQ(accents->encode("``\ufb01n''"), (Ids{8, 9, 20, 11, 9}));
  const auto cased = tokenizer({{"do_lower_case", false}});
  EXPECT_EQ(cased->encode("The caf\u00e9"), (Ids{8, 14, 15, 7, 6, 7}));
  EXPECT_EQ(cased->encode("\u2460 \U0001d400"), (Ids{8, 12, 8, 16}));
  EXPECT_NE(accents->identity(), cased->identity());
  EXPECT_THAT(message_of([&] {
                tokenizer({{"do_lower_case", "yes"}});
              }),
              HasSubstr("tokenizer_config.json: do_lower_case must be true or false, not \"yes\""));
}

TEST_F(Albert, SpecialTokensAndNextLinesInATextAreThoseOfTransformers) {
  EXPECT_EQ(tokenizer({})->encode("T\u0085he [MASK]a"), (Ids{8, 1, 8, 15, 7, 4, 8, 17}));
  EXPECT_EQ(tokenizer({{"do_lower_case", false}})->encode("T\u0085he [MASK]a"),
            (Ids{8, 14, 8, 15, 7, 4, 8, 17}));
}

TEST_F(Albert, SpansAreOfTheTextBeforeTheRules) {
  const std::string_view text = "The caf\u00e9 ``\ufb01n'' [MASK]";
  const EncodedText encoded = tokenizer({})->encode_with_offsets(text);
  EXPECT_EQ(encoded.ids, (Ids{5, 6, 7, 8, 9, 10, 11, 9, 4}));
  std::vector<std::string_view> parts;
  for (const TextSpan& span : encoded.spans) parts.push_back(span.of(text));
  EXPECT_THAT(parts, ElementsAre("The", "caf", "\u00e9", "", "`", "\ufb01", "n", "'", "[MASK]"));
}

TEST_F(Albert, PairsHaveOneSeparatorAndTwoTokenTypes) {
  const auto albert = tokenizer({});
  EXPECT_FALSE(albert->special().two_separators);
  EXPECT_EQ(albert->special().cls, 2);
  EXPECT_EQ(albert->special().pad, 0);
}

TEST_F(Albert, SavedFilesGiveTheSameTokenizer) {
  for (const json& switches :
       {json::object(), json{{"keep_accents", true}}, json{{"do_lower_case", false}}}) {
    const auto albert = tokenizer(switches);
    albert->save(directory_ / "saved");
    for (const char* removed : {"none", "spiece.model", "tokenizer_config.json"}) {  // leaves tokenizer.json
      std::filesystem::remove(directory_ / "saved" / removed);
      const auto saved = load_tokenizer(directory_ / "saved");
      EXPECT_EQ(saved->encode("The caf\u00e9 ``\ufb01n''"), albert->encode("The caf\u00e9 ``\ufb01n''"))
          << removed;
    }
  }
}

TEST_F(Albert, ItsClassDecidesWhateverTokenizerJsonSays) {
  tokenizer({})->save(directory_ / "saved");
  write("saved/tokenizer_config.json",
        json{{"tokenizer_class", "AlbertTokenizer"}, {"do_lower_case", false}}.dump());
  EXPECT_EQ(load_tokenizer(directory_ / "saved")->encode("The"), (Ids{8, 14, 15, 7}));
  write("saved/tokenizer_config.json", json{{"tokenizer_class", "PreTrainedTokenizerFast"}}.dump());
  EXPECT_EQ(load_tokenizer(directory_ / "saved")->encode("The"), (Ids{5}));
}

}  // namespace
}  // namespace rpp
