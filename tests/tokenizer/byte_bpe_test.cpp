#include "tokenizer/byte_bpe.h"

#include <gmock/gmock.h>

#include "tokenizer/byte_bpe_files.h"
#include "tokenizer/byte_bpe_vocab.h"
#include "tokenizer_files/fingerprint.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ByteBpe : public ByteBpeFolder {};

TEST_F(ByteBpe, PiecesAreSpelledInGpt2sAlphabet) {
  const auto tokenizer = load_tokenizer(directory_);
  const auto ids = tokenizer->encode(" the\n");
  ASSERT_EQ(ids.size(), 2);
  EXPECT_EQ(tokenizer->piece(ids[0]), "\u0120the");
  EXPECT_EQ(tokenizer->piece(ids[1]), "\u010a");
  EXPECT_EQ(tokenizer->size(), 288);
}

TEST_F(ByteBpe, APieceWithoutABlankContinuesAWord) {
  const auto tokenizer = load_tokenizer(directory_);
  const auto ids = tokenizer->encode(" theing");
  ASSERT_EQ(ids.size(), 2);
  EXPECT_FALSE(tokenizer->is_continuation(ids[0]));
  EXPECT_TRUE(tokenizer->is_continuation(ids[1]));
  for (int32_t id = 0; id < 5; ++id) EXPECT_FALSE(tokenizer->is_continuation(id));
}

TEST_F(ByteBpe, PairsAreThoseOfRoberta) {
  const auto tokenizer = load_tokenizer(directory_);
  const SpecialTokens& special = tokenizer->special();
  EXPECT_THAT((std::vector{special.cls, special.pad, special.sep, special.unk, special.mask}),
              ElementsAre(0, 1, 2, 3, 4));
  EXPECT_TRUE(special.two_separators);
}

TEST_F(ByteBpe, BytesThatAreNotUtf8AreDropped) {
  const auto tokenizer = load_tokenizer(directory_);
  const EncodedText encoded = tokenizer->encode_with_offsets("a\xff\xc3 \xe2\x82the");
  EXPECT_EQ(encoded.ids, tokenizer->encode("a the"));
  EXPECT_EQ(encoded.ids, tokenizer->encode("a\xff\xc3 \xe2\x82the"));
  EXPECT_THAT(encoded.spans, ElementsAre(TextSpan{0, 1}, TextSpan{6, 9}));
  EXPECT_THAT(tokenizer->encode("\xff"), IsEmpty());
}

TEST_F(ByteBpe, LongWordsAreReadInTime) {
  const auto tokenizer = load_tokenizer(directory_);
  EXPECT_EQ(tokenizer->encode(std::string(1'000'000, 'a')).size(), 250'000);
  EXPECT_EQ(tokenizer->encode_with_offsets(std::string(100'000, ' ')).ids.size(), 50'000);
}

TEST_F(ByteBpe, TheFingerprintSaysAllThatIdsDependOn) {
  const std::string plain = fingerprint(*load_tokenizer(directory_));
  for (const char* config : {R"({"add_prefix_space": true})", R"({"mask_token": "<unk>"})"}) {
    write("tokenizer_config.json", config);
    EXPECT_NE(fingerprint(*load_tokenizer(directory_)), plain) << config;
  }
  write("tokenizer_config.json", R"({"tokenizer_class": "RobertaTokenizerFast", "errors": "replace"})");
  EXPECT_EQ(fingerprint(*load_tokenizer(directory_)), plain);
  write("merges.txt", "#version: 0.2\n\u0120 a\n");
  EXPECT_NE(fingerprint(*load_tokenizer(directory_)), plain);
}

TEST_F(ByteBpe, EqualFilesInAnotherFormAreTheSameTokenizer) {
  const auto first = load_tokenizer(directory_);
  first->save(directory_ / "saved");
  EXPECT_EQ(fingerprint(*load_tokenizer(directory_ / "saved")), fingerprint(*first));
  for (const char* name : {"saved/tokenizer.json", "vocab.json", "merges.txt"}) {
    EXPECT_EQ(fingerprint(*load_tokenizer(directory_ / name)), fingerprint(*first)) << name;
  }
  std::filesystem::rename(directory_ / "saved/tokenizer.json", directory_ / "saved/mine.json");
  EXPECT_EQ(fingerprint(*load_tokenizer(directory_ / "saved/mine.json")), fingerprint(*first));
}

}  // namespace
}  // namespace rpp
