#include "analysis/trim_vocab.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "bert_format/description.h"
#include "core/atomic_file.h"
#include "rpp/answerer.h"
#include "rpp/session.h"
#include "sentencepiece/small_model.h"
#include "tokenizer/text_files.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class TrimVocabulary : public TextFiles {
 protected:
  // tests/golden/`golden` with these files of a tokenizer.
  void make_model(const char* golden, const char* vocabulary, std::string_view text) const {
    fs::copy(fs::path(RPP_SOURCE_DIR) / "tests/golden" / golden, model());
    write(fmt::format("model/{}", vocabulary), text);
  }
  void make_wordpiece() const {
    std::string pieces = "[PAD]\n[unused0]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n##c\nd\n";
    for (int i = 10; i < 100; ++i) pieces += fmt::format("w{}\n", i);
    make_model("bert/classifier", "vocab.txt", pieces);
  }
  void make_xlm_roberta() const { make_model("xlm_roberta", "sentencepiece.bpe.model", small_model()); }

  fs::path model() const { return directory_ / "model"; }
  fs::path trimmed() const { return directory_ / "trimmed"; }

  TrimReport trim(std::string_view text, int64_t min_count = 1) const {
    return trim_vocabulary({.model = model(),
                            .inputs = {write("texts.txt", text)},
                            .output = trimmed(),
                            .min_count = min_count});
  }

  static std::vector<float> hidden(const fs::path& model_dir, const std::string& text) {
    const auto tokenizer = load_tokenizer(model_dir);
    std::vector<int32_t> ids = tokenizer->encode(text);
    ids.insert(ids.begin(), tokenizer->special().cls);
    ids.push_back(tokenizer->special().sep);
    const std::vector<int32_t> bounds = {0, static_cast<int32_t>(ids.size())};
    Session session(RuntimeModel::load(model_dir), 1);
    session.encode({.input_ids = ids, .token_type_ids = {}, .cu_seqlens = bounds});
    const auto values = session.hidden();
    return {values.begin(), values.end()};
  }
};

TEST_F(TrimVocabulary, ATextOfTheCorpusHasTheSameHiddenStates) {
  make_wordpiece();
  const TrimReport report = trim("w20 w99 abc\nw30 d\n");
  // [PAD] [UNK] [CLS] [SEP] [MASK], a ##b ##c d, w20 w30 w99
  EXPECT_EQ(report.pieces_after, 12);
  EXPECT_EQ(report.num_lines, 2);
  EXPECT_EQ(report.num_different, 0);
  EXPECT_EQ(report.parameters_before - report.parameters_after, 88 * 32);
  EXPECT_EQ(read_model_config(trimmed()).vocab_size, 12);
  EXPECT_THAT(load_tokenizer(trimmed())->encode("w99 abc"), ElementsAre(11, 5, 6, 7));
  EXPECT_EQ(hidden(trimmed(), "w99 abc"), hidden(model(), "w99 abc"));
}

TEST_F(TrimVocabulary, OfXlmRobertaTheIdsOfFairseqStay) {
  make_xlm_roberta();
  const TrimReport report = trim("the gardens\n");
  // Without "<". ">" has the lowest score.
  EXPECT_EQ(report.pieces_before, 12);
  EXPECT_EQ(report.pieces_after, 11);
  const auto tokenizer = load_tokenizer(trimmed());
  EXPECT_THAT(tokenizer->encode("the > gardens"), ElementsAre(4, 7, 9, 5, 6, 8));
  EXPECT_EQ(tokenizer->special().mask, 10);
  EXPECT_TRUE(tokenizer->special().two_separators);
  EXPECT_EQ(hidden(trimmed(), "the > gardens"), hidden(model(), "the > gardens"));
}

TEST_F(TrimVocabulary, AMaskedLmPredictsThePiecesThatAreLeft) {
  make_xlm_roberta();
  trim("the gardens\n");
  const auto runtime = RuntimeModel::load(trimmed());
  const auto tokenizer = make_tokenizer(runtime->file());
  const auto answerer = make_answerer(runtime, *tokenizer, 16, 1);
  answerer->add({.text = "the <mask>", .text_pair = {}});
  EXPECT_EQ(answerer->answer_added().front().scores.size(), 11);
}

TEST_F(TrimVocabulary, RarePiecesAreLeftOutWhenAsked) {
  make_wordpiece();
  const TrimReport report = trim("w20 w20\nw20 w30\n", 2);
  EXPECT_EQ(report.pieces_after, 6);
  EXPECT_EQ(report.num_different, 1);
  EXPECT_THAT(load_tokenizer(trimmed())->encode("w20 w30"), ElementsAre(5, 1));
}

TEST_F(TrimVocabulary, TheMaximumLengthStays) {
  make_wordpiece();
  write("model/tokenizer_config.json", R"({"do_lower_case": true, "model_max_length": 17})");
  trim("w20\n");
  EXPECT_THAT(read_file(trimmed() / "tokenizer_config.json"), HasSubstr("\"model_max_length\": 17"));
}

TEST_F(TrimVocabulary, WhatCannotBeCutIsRefusedAndNothingIsWritten) {
  make_wordpiece();
  EXPECT_THAT(message_of([&] { trim("\n \n"); }), HasSubstr("has no tokens"));
  const fs::path pipe = directory_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(message_of([&] { trim_vocabulary({.model = model(), .inputs = {pipe}, .output = trimmed()}); }),
              HasSubstr("is a pipe, and the texts are read twice"));
  fs::remove(model() / "vocab.txt");
  const std::string bpe_settings = "\x12\x02\x18\x02";  // TrainerSpec.model_type: BPE
  write("model/spiece.model",
        serialize_sentencepiece_model(std::vector<ModelPiece>{{.text = "<unk>", .type = PieceType::unknown},
                                                              {.text = "<pad>", .type = PieceType::control},
                                                              {.text = "<cls>", .type = PieceType::control},
                                                              {.text = "<sep>", .type = PieceType::control},
                                                              {.text = "<mask>", .type = PieceType::control},
                                                              {.text = "a", .score = -1}},
                                      std::vector<std::string_view>{bpe_settings}));
  EXPECT_THAT(message_of([&] { trim("a\n"); }), HasSubstr("only WordPiece and unigram vocabularies"));
  EXPECT_FALSE(fs::exists(trimmed()));
}

TEST_F(TrimVocabulary, AnExistingDirectoryIsNotReplaced) {
  make_wordpiece();
  fs::create_directory(trimmed());
  EXPECT_THAT(message_of([&] { trim("w20\n"); }), HasSubstr("exists already"));
}

}  // namespace
}  // namespace rpp
