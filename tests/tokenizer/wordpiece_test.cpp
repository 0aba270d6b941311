#include "tokenizer/wordpiece.h"

#include <gmock/gmock.h>
#include <malloc.h>

#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "core/rng.h"
#include "message_of.h"
#include "tokenizer/sequence.h"
#include "tokenizer/text_files.h"
#include "tokenizer/unicode.h"
#include "tokenizer_files/fingerprint.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> with_special(std::vector<std::string> pieces) {
  const std::vector<std::string> special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
  pieces.insert(pieces.begin(), special.begin(), special.end());
  return pieces;
}

WordPieceTokenizer make(std::vector<std::string> pieces, LetterCase letter_case = LetterCase::lower) {
  return {Vocabulary(with_special(std::move(pieces))), letter_case};
}

std::vector<std::string> pieces_of(const WordPieceTokenizer& tokenizer, std::string_view text) {
  std::vector<std::string> pieces;
  for (const int32_t id : tokenizer.encode(text)) pieces.emplace_back(tokenizer.piece(id));
  return pieces;
}

TEST(WordPiece, TakesTheLongestPieceFromTheLeft) {
  const auto tokenizer = make({"un", "una", "##aff", "##able", "##ffable"});
  EXPECT_THAT(pieces_of(tokenizer, "unaffable"), ElementsAre("una", "##ffable"));
}

TEST(WordPiece, DoesNotBacktrack) {
  const auto tokenizer = make({"un", "una", "##able"});
  EXPECT_THAT(pieces_of(tokenizer, "unable"), ElementsAre("[UNK]"));
}

TEST(WordPiece, ContinuationsNeverStartAWordAndWordStartsNeverContinueOne) {
  const auto tokenizer = make({"ab", "##cd"});
  EXPECT_THAT(pieces_of(tokenizer, "cd"), ElementsAre("[UNK]"));
  EXPECT_THAT(pieces_of(tokenizer, "abab"), ElementsAre("[UNK]"));
}

TEST(WordPiece, UnknownCharacterMakesTheWholeWordUnknown) {
  EXPECT_THAT(pieces_of(make({"ab", "##cd"}), "ab\u2603cd ab"), ElementsAre("[UNK]", "ab"));
}

TEST(WordPiece, UncasedLowercasesAndStripsAccents) {
  const std::vector<std::string> pieces = {"cafe", "Caf\u00e9"};
  EXPECT_THAT(pieces_of(make(pieces, LetterCase::lower), "Caf\u00e9"), ElementsAre("cafe"));
  EXPECT_THAT(pieces_of(make(pieces, LetterCase::keep), "Caf\u00e9"), ElementsAre("Caf\u00e9"));
}

TEST(WordPieceTrap4, WordsLongerThanTwoHundredCharactersAreUnknown) {
  const auto tokenizer = make({"a", "##a"});
  EXPECT_EQ(tokenizer.encode(std::string(200, 'a')).size(), 200);
  EXPECT_THAT(pieces_of(tokenizer, std::string(201, 'a')), ElementsAre("[UNK]"));
}

TEST(WordPieceTrap4, TheLimitCountsCharactersNotBytes) {
  const auto tokenizer = make({"\u20ac", "##\u20ac"});
  std::string word;
  for (int i = 0; i < 200; ++i) word += "\u20ac";
  EXPECT_EQ(tokenizer.encode(word).size(), 200);
  EXPECT_THAT(pieces_of(tokenizer, word + "\u20ac"), ElementsAre("[UNK]"));
}

TEST(WordPieceTrap4, TheLimitAppliesAfterAccentsAreStripped) {
  const auto tokenizer = make({"e", "##e"});
  std::string word;
  for (int i = 0; i < 200; ++i) word += "e\u0301";
  EXPECT_EQ(tokenizer.encode(word).size(), 200);
}

TEST(WordPieceTrap7, SpecialPiecesAreNeverReadFromTheText) {
  const auto tokenizer = make({"[", "]", "mask", "MASK"}, LetterCase::keep);
  EXPECT_THAT(pieces_of(tokenizer, "[MASK]"), ElementsAre("[", "MASK", "]"));
}

TEST(WordPiece, AppendsToExistingIds) {
  std::vector<int32_t> ids = {9};
  make({"a"}).encode_into("a a", ids);
  EXPECT_THAT(ids, ElementsAre(9, 5, 5));
}

TEST(WordPiece, KnowsContinuationsAndSpecialTokens) {
  const auto tokenizer = make({"a", "##a"});
  EXPECT_FALSE(tokenizer.is_continuation(5));
  EXPECT_TRUE(tokenizer.is_continuation(6));
  EXPECT_EQ(tokenizer.special().cls, 2);
  EXPECT_EQ(tokenizer.special().mask, 4);
  EXPECT_EQ(tokenizer.size(), 7);
}

TEST(WordPiece, AVocabularyWithoutMaskIsRefusedByName) {
  const auto build = [] {
    WordPieceTokenizer(Vocabulary({"[PAD]", "[UNK]", "[CLS]", "[SEP]"}, "my/vocab.txt"), LetterCase::lower);
  };
  EXPECT_THAT(message_of(build), HasSubstr("my/vocab.txt has no piece [MASK]"));
}

TEST(WordPiece, TheFingerprintDependsOnPiecesOrderAndCase) {
  const std::string base = fingerprint(make({"a", "b"}));
  EXPECT_EQ(base.size(), 64);
  EXPECT_EQ(base, fingerprint(make({"a", "b"})));
  EXPECT_NE(base, fingerprint(make({"b", "a"})));
  EXPECT_NE(base, fingerprint(make({"a", "b", "c"})));
  EXPECT_NE(base, fingerprint(make({"a", "b"}, LetterCase::keep)));
}

// WordpieceTokenizer.tokenize of the reference: tries every end from the right, with one look-up each.
std::vector<int32_t> probe_every_end(const WordPieceTokenizer& tokenizer, const std::string& word) {
  std::vector<int32_t> ids;
  for (size_t start = 0; start < word.size();) {
    size_t end = word.size();
    std::optional<int32_t> id;
    for (; end > start; --end) {
      id = tokenizer.vocabulary().find((start > 0 ? "##" : "") + word.substr(start, end - start));
      if (id) break;
    }
    if (!id) return {tokenizer.special().unk};
    ids.push_back(*id);
    start = end;
  }
  return ids;
}

TEST(WordPiece, EqualsProbingEveryEndOnRandomWords) {
  Rng rng(3);
  const auto letters = [&rng](uint64_t longest) {
    std::string text;
    for (uint64_t length = 1 + rng.below(longest); length > 0; --length) text += "abc"[rng.below(3)];
    return text;
  };
  std::vector<std::string> pieces = {"a", "b"};  // without "c", so that some words are unknown
  for (int i = 0; i < 60; ++i) {
    const std::string piece = (i % 2 == 0 ? "##" : "") + letters(4);
    if (std::find(pieces.begin(), pieces.end(), piece) == pieces.end()) pieces.push_back(piece);
  }
  const auto tokenizer = make(pieces);
  for (int i = 0; i < 5000; ++i) {
    const std::string word = letters(12);
    ASSERT_EQ(tokenizer.encode(word), probe_every_end(tokenizer, word)) << word;
  }
}

class WordPieceFiles : public TextFiles {};

TEST_F(WordPieceFiles, SavedFilesLoadAsTheSameTokenizer) {
  for (const LetterCase letter_case : {LetterCase::lower, LetterCase::keep}) {
    const auto tokenizer = make({"a", "##\u00e9"}, letter_case);
    tokenizer.save(directory_ / "model");
    EXPECT_EQ(fingerprint(*load_tokenizer(directory_ / "model")), fingerprint(tokenizer));
  }
}

TEST_F(WordPieceFiles, TheConfigNamesTheClassTheCaseAndTheSpecialTokens) {
  make({"a"}, LetterCase::keep).save(directory_);
  const auto config = nlohmann::json::parse(read_file(directory_ / "tokenizer_config.json"));
  EXPECT_EQ(config["tokenizer_class"], "BertTokenizer");
  EXPECT_EQ(config["do_lower_case"], false);
  EXPECT_EQ(config["mask_token"], "[MASK]");
  EXPECT_EQ(read_file(directory_ / "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n");
}

struct Offsets {
  std::vector<std::string> pieces, texts;
};

Offsets offsets_of(const WordPieceTokenizer& tokenizer, std::string_view text) {
  Offsets offsets;
  const EncodedText encoded = tokenizer.encode_with_offsets(text);
  for (const int32_t id : encoded.ids) offsets.pieces.emplace_back(tokenizer.piece(id));
  for (const TextSpan& span : encoded.spans) offsets.texts.emplace_back(span.of(text));
  return offsets;
}

TEST(WordPieceOffsets, CoverTheCharactersOfAPiece) {
  const auto offsets = offsets_of(make({"un", "##able", "!"}), "  UnABLE!\tun");
  EXPECT_THAT(offsets.pieces, ElementsAre("un", "##able", "!", "un"));
  EXPECT_THAT(offsets.texts, ElementsAre("Un", "ABLE", "!", "un"));
}

// tokenizers 0.23.3, BertNormalizer and BertPreTokenizer: (0, 2), (3, 5), (7, 8), (10, 12), (13, 15); then
// (0, 5).
TEST(WordPieceOffsets, DroppedCharactersBelongToNoTokenButMayBeInsideOne) {
  const auto offsets = offsets_of(make({"ca", "##fe", "x"}), "Ca\u200bfe\u0301 x\u0301 Ca\u200bfe");
  EXPECT_THAT(offsets.texts, ElementsAre("Ca", "fe", "x", "Ca", "fe"));
  EXPECT_THAT(offsets_of(make({"cafe"}), "Ca\u200bfe").texts, ElementsAre("Ca\u200bfe"));
}

TEST(WordPieceOffsets, AnUnknownWordIsCoveredAsAWhole) {
  const auto offsets = offsets_of(make({"ab"}), "ab\u2603cd \u4e00 ab");
  EXPECT_THAT(offsets.pieces, ElementsAre("[UNK]", "[UNK]", "ab"));
  EXPECT_THAT(offsets.texts, ElementsAre("ab\u2603cd", "\u4e00", "ab"));
  EXPECT_THAT(offsets_of(make({"a"}), std::string(201, 'b')).texts, ElementsAre(std::string(201, 'b')));
}

// tokenizers 0.23.3: (0, 1), (0, 1).
TEST(WordPieceOffsets, PiecesFromOneCharacterShareItsOffsets) {
  const auto offsets = offsets_of(make({"\u1100", "##\u1161"}), "\uac00");
  EXPECT_THAT(offsets.texts, ElementsAre("\uac00", "\uac00"));
}

TEST(WordPieceOffsets, IdsEqualEncodeOnRandomTexts) {
  const auto tokenizer = make({"a", "##a", "b", "##ab", "\u03c3", "##\u03c2", "e", "##e", ",", "\u4e00"});
  const std::u32string alphabet = U"aAbB \u00e9e\u0301\u03a3,\u4e00\u200b\u00a0\u0001\u0130";
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Rng rng(seed);
    std::string text;
    for (int i = 0; i < 40; ++i) append_utf8(alphabet[rng.below(alphabet.size())], text);
    const EncodedText encoded = tokenizer.encode_with_offsets(text);
    ASSERT_EQ(encoded.ids, tokenizer.encode(text)) << text;
    ASSERT_EQ(encoded.spans.size(), encoded.ids.size());
    for (size_t i = 1; i < encoded.spans.size(); ++i) {
      ASSERT_LE(encoded.spans[i - 1].end, encoded.spans[i].begin) << text;
    }
  }
}

// The size is checked before the text is read.
TEST(WordPiece, ATextTooLongForItsOffsetsIsRefused) {
  const std::string_view long_text(" ", kMaxTextBytes + 1);
  const auto tokenizer = make({"a"});
  constexpr const char* kReason = "a text of 1073741825 bytes, at most 1073741824 are read at once: split it";
  EXPECT_EQ(message_of([&] { tokenizer.encode(long_text); }), kReason);
  EXPECT_EQ(message_of([&] { tokenizer.encode_with_offsets(long_text); }), kReason);
  EXPECT_EQ(message_of([&] { check_text_size(std::string_view(" ", kMaxTextBytes)); }), "no error");
}

#ifndef __SANITIZE_ADDRESS__
TEST(WordPiece, BuffersAreFreedAfterALongText) {
  const auto used = [] {
    const auto info = ::mallinfo2();
    return static_cast<int64_t>(info.uordblks + info.hblkhd);
  };
  const auto tokenizer = make({"a"});
  std::string text;
  for (int i = 0; i < 4'000'000; ++i) text += "a ";
  const int64_t before = used();
  std::vector<int32_t> ids, type_ids;
  append_sequence(tokenizer, text, text, 16, ids, type_ids);
  EXPECT_LT(used() - before, 4 << 20);
  EXPECT_EQ(ids.size(), 16U);
}
#endif

}  // namespace
}  // namespace rpp
