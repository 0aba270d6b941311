#include "sentencepiece/sentencepiece_tokenizer.h"

#include <gmock/gmock.h>

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "sentencepiece/sentencepiece_model.h"
#include "tokenizer/small_text.h"
#include "tokenizer/text_files.h"
#include "tokenizer_files/fingerprint.h"
#include "tokenizer_files/load_tokenizer.h"
#include "vocab_training/vocab_trainer.h"

namespace rpp {
namespace {

using testing::HasSubstr;

class SentencePiece : public TextFiles {
 protected:
  std::filesystem::path train(VocabType type) const {
    return train_vocabulary({.inputs = {write("text.txt", small_text())},
                             .output = directory_ / "trained",
                             .type = type,
                             .size = 120,
                             .num_threads = 1})
        .file;
  }
};

std::string joined_pieces(const Tokenizer& tokenizer, std::string_view text) {
  std::string joined;
  for (const int32_t id : tokenizer.encode(text)) joined += tokenizer.piece(id);
  return joined;
}

TEST_F(SentencePiece, PiecesSpellTheNormalisedTextWithMarkedWordStarts) {
  for (const VocabType type : {VocabType::unigram, VocabType::bpe}) {
    const SentencePieceTokenizer tokenizer(train(type));
    EXPECT_EQ(joined_pieces(tokenizer, " The  garden"), "\u2581the\u2581garden");
  }
}

TEST_F(SentencePiece, OnlyOrdinaryPiecesWithoutTheMarkContinueAWord) {
  const SentencePieceTokenizer tokenizer(train(VocabType::bpe));
  for (int32_t id = 5; id < tokenizer.size(); ++id) {
    EXPECT_EQ(tokenizer.is_continuation(id), !tokenizer.piece(id).starts_with("\u2581"))
        << tokenizer.piece(id);
  }
  for (int32_t id = 0; id < 5; ++id) EXPECT_FALSE(tokenizer.is_continuation(id));
}

TEST_F(SentencePiece, SpecialPiecesAreNeverReadFromTheText) {
  const SentencePieceTokenizer tokenizer(train(VocabType::unigram));
  EXPECT_THAT(tokenizer.encode("[MASK]"), testing::Not(testing::Contains(tokenizer.special().mask)));
}

TEST_F(SentencePiece, InvalidUtf8IsAccepted) {
  const SentencePieceTokenizer tokenizer(train(VocabType::unigram));
  EXPECT_THAT(tokenizer.encode("the\xff gar\xe2\x82"), testing::Contains(tokenizer.special().unk));
}

TEST_F(SentencePiece, SavedFilesLoadAsTheSameTokenizer) {
  for (const char* name : {"spiece.model", "tokenizer.model"}) {
    std::filesystem::create_directories(directory_ / "source");
    std::filesystem::copy_file(train(VocabType::unigram), directory_ / "source" / name);
    const auto tokenizer = load_tokenizer(directory_ / "source");
    tokenizer->save(directory_ / "saved");
    EXPECT_TRUE(std::filesystem::exists(directory_ / "saved" / name));
    EXPECT_EQ(fingerprint(*load_tokenizer(directory_ / "saved")), fingerprint(*tokenizer));
    std::filesystem::remove_all(directory_ / "source");
    std::filesystem::remove_all(directory_ / "saved");
  }
}

TEST_F(SentencePiece, TokenizerJsonHoldsThePiecesWithTheirScores) {
  const SentencePieceTokenizer tokenizer(train(VocabType::unigram));
  const auto file = nlohmann::json::parse(read_file(directory_ / "trained" / "tokenizer.json"));
  EXPECT_EQ(file["model"]["type"], "Unigram");
  ASSERT_EQ(file["model"]["vocab"].size(), tokenizer.size());
  EXPECT_EQ(file["model"]["vocab"][7][0], tokenizer.piece(7));
  EXPECT_EQ(file["normalizer"]["normalizers"][0]["type"], "Precompiled");
  EXPECT_EQ(file["added_tokens"][4]["content"], "[MASK]");
}

TEST_F(SentencePiece, TokenizerJsonHoldsTheMergesThatMakeThePieces) {
  const SentencePieceTokenizer tokenizer(train(VocabType::bpe));
  const auto model = nlohmann::json::parse(read_file(directory_ / "trained" / "tokenizer.json"))["model"];
  EXPECT_EQ(model["type"], "BPE");
  EXPECT_EQ(model["vocab"][std::string(tokenizer.piece(5))], 5);
  for (const auto& merge : model["merges"]) {
    EXPECT_TRUE(model["vocab"].contains(merge[0].get<std::string>() + merge[1].get<std::string>())) << merge;
  }
}

TEST_F(SentencePiece, ADamagedModelIsNamed) {
  for (const std::string_view bytes : {std::string_view("not a model"), std::string_view("")}) {
    const auto path = write("spiece.model", bytes);
    EXPECT_THAT(message_of([&] { SentencePieceTokenizer tokenizer(path); }),
                HasSubstr(path.string() + " is not a sentencepiece model"));
  }
}

TEST_F(SentencePiece, ATruncatedModelIsNamed) {
  const std::string model = read_file(train(VocabType::unigram));
  const auto path = write("spiece.model", std::string_view(model).substr(0, model.size() / 2));
  EXPECT_THAT(message_of([&] { SentencePieceTokenizer tokenizer(path); }), HasSubstr("spiece.model"));
}

// Loading it would write invalid JSON, or follow normaliser rules to arbitrary addresses.
TEST_F(SentencePiece, DamageThatSentencePieceAcceptsIsNamed) {
  const std::string model = read_file(train(VocabType::bpe));
  std::string piece = model, score = model, rules = model;
  piece[model.find("garden")] = '\xff';
  const float nan = std::numeric_limits<float>::quiet_NaN();  // after the piece: 0x15, four bytes
  std::memcpy(score.data() + model.find("\u2581the") + 6 + 1, &nan, sizeof(nan));
  const auto reason_of = [&](const std::string& bytes) {
    const auto path = write("spiece.model", bytes);
    return message_of([&] { SentencePieceTokenizer tokenizer(path); });
  };
  EXPECT_THAT(reason_of(piece), HasSubstr("spiece.model is damaged: piece "));
  EXPECT_THAT(reason_of(piece), HasSubstr(" is not UTF-8"));
  EXPECT_THAT(reason_of(score), HasSubstr("is nan"));

  const size_t rule = model.find("nmt_nfkc_cf") + 200;  // within the units of the trie
  for (size_t at = rule; at < rule + 4; ++at) rules[at] = '\x7f';
  EXPECT_THAT(reason_of(rules), HasSubstr("the rules of its normaliser point outside of it"));

  std::string unended = model;  // the terminating zero of the last rule's text
  const std::string_view charsmap = parse_sentencepiece_model(unended).charsmap;
  unended[static_cast<size_t>(charsmap.data() - unended.data()) + charsmap.size() - 1] = 'x';
  EXPECT_THAT(reason_of(unended), HasSubstr("the rules of its normaliser point outside of it"));
}

TEST_F(SentencePiece, AMissingModelIsNamed) {
  EXPECT_THAT(message_of([&] { SentencePieceTokenizer tokenizer(directory_ / "none.model"); }),
              HasSubstr("none.model"));
}

TEST_F(SentencePiece, AMissingSpecialPieceIsNamedWithBothSpellings) {
  std::string model = read_file(train(VocabType::unigram));
  model.replace(model.find("[MASK]"), 6, "[MUSK]");
  const auto path = write("spiece.model", model);
  EXPECT_THAT(message_of([&] { SentencePieceTokenizer tokenizer(path); }),
              HasSubstr("spiece.model has no piece [MASK] or <mask>"));
}

TEST_F(SentencePiece, OffsetsExcludeTheBlankBeforeAPiece) {
  for (const VocabType type : {VocabType::unigram, VocabType::bpe}) {
    const SentencePieceTokenizer tokenizer(train(type));
    const std::string_view text = "The  garden fence!";
    const EncodedText encoded = tokenizer.encode_with_offsets(text);
    EXPECT_EQ(encoded.ids, tokenizer.encode(text));
    std::string joined;
    for (const TextSpan& span : encoded.spans) joined += span.of(text);
    EXPECT_EQ(joined, "Thegardenfence!");
  }
}

}  // namespace
}  // namespace rpp
