#include "data/tag_features.h"

#include <gtest/gtest.h>

#include "data/fake_tokenizer.h"
#include "tokenizer/byte_bpe_vocab.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

using Ids = std::vector<int32_t>;

// Word n has id 5 + 2n, "##wn" the one behind it; a text of several words has several tokens.
EncodedSentence encode(const TaggedSentence& sentence, int64_t max_seq_length = 16) {
  return encode_sentences({&sentence, 1}, FakeTokenizer(), max_seq_length)[0];
}

TEST(TagFeatures, TheTagOfAWordBelongsToItsFirstToken) {
  const auto encoded = encode({.words = {"w0 ##w1", "w2", "w3 ##w4 ##w5"}, .tags = {7, 8, 9}});
  EXPECT_EQ(encoded.ids, (Ids{2, 5, 8, 9, 11, 14, 16, 3}));
  EXPECT_EQ(encoded.first_tokens, (Ids{1, 3, 4}));
  EXPECT_EQ(encoded.words, (Ids{0, 1, 2}));
  EXPECT_EQ(encoded.tags, (Ids{7, 8, 9}));
  EXPECT_FALSE(encoded.was_cut);
}

TEST(TagFeatures, AWordWithoutTokensHasNoTag) {
  const auto encoded = encode({.words = {"w0", " ", "w1"}, .tags = {7, 8, 9}});
  EXPECT_EQ(encoded.ids, (Ids{2, 5, 7, 3}));
  EXPECT_EQ(encoded.words, (Ids{0, 2}));
  EXPECT_EQ(encoded.tags, (Ids{7, 9}));
  EXPECT_EQ(encoded.num_words, 3);
  EXPECT_FALSE(encoded.was_cut);
}

TEST(TagFeatures, ALongSentenceIsCutBeforeTheSeparator) {
  const auto encoded =
      encode({.words = {"w0", "w1", "w2", "w3", "w4", "w5 ##w6", "w7"}, .tags = {1, 2, 3, 4, 5, 6, 7}}, 8);
  EXPECT_EQ(encoded.ids, (Ids{2, 5, 7, 9, 11, 13, 15, 3}));
  EXPECT_EQ(encoded.tags, (Ids{1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE(encoded.was_cut);
  EXPECT_EQ(encoded.num_words, 7);
  EXPECT_FALSE(encode({.words = {"w0", "w1", "w2", "w3", "w4", "w5"}}, 8).was_cut);
  EXPECT_EQ(message_of([] { encode({.words = {"w0"}}, 7); }), "max_seq_length is 7, it must be at least 8");
}

class ByteBpeTags : public ByteBpeFolder {};

TEST_F(ByteBpeTags, TheWordsOfASentenceHaveTheTokensOfItsText) {
  const auto tokenizer = load_tokenizer(directory_);
  const TaggedSentence sentence = {.words = {"the", "cat", "the"}, .tags = {1, 2, 3}};
  const EncodedSentence encoded = encode_sentences({&sentence, 1}, *tokenizer, 16)[0];
  Ids expected = tokenizer->encode("the cat the");
  ASSERT_GE(expected.size(), 3);
  EXPECT_EQ(tokenizer->piece(expected.back()), "\u0120the");
  EXPECT_EQ(encoded.first_tokens.back(), std::ssize(expected));
  expected.insert(expected.begin(), tokenizer->special().cls);
  expected.push_back(tokenizer->special().sep);
  EXPECT_EQ(encoded.ids, expected);
}

TEST(TagFeatures, ABatchHasThePositionsOfTheTaggedTokens) {
  const TaggedSentence sentences[] = {
      {.words = {"w0 ##w1", "w2"}, .tags = {1, 0}}, {}, {.words = {"w3"}, .tags = {2}}};
  const auto encoded = encode_sentences(sentences, FakeTokenizer(), 16);
  const int64_t indices[] = {2, 1, 0};
  const PackedBatch batch = make_tag_batch(encoded, indices);
  EXPECT_EQ(batch.input_ids, (Ids{2, 11, 3, 2, 3, 2, 5, 8, 9, 3}));
  EXPECT_EQ(batch.position_ids, (Ids{0, 1, 2, 0, 1, 0, 1, 2, 3, 4}));
  EXPECT_EQ(batch.token_type_ids, Ids(10, 0));
  EXPECT_EQ(batch.cu_seqlens, (Ids{0, 3, 5, 10}));
  EXPECT_EQ(batch.label_positions, (Ids{1, 6, 8}));
  EXPECT_EQ(batch.labels, (Ids{2, 1, 0}));
}

}  // namespace
}  // namespace rpp
