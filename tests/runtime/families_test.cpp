#include <gmock/gmock.h>

#include "exported_model.h"
#include "message_of.h"
#include "rpp/answerer.h"
#include "rpp/session.h"
#include "tokenizer/text_files.h"
#ifdef RPP_SENTENCEPIECE
#include "sentencepiece/small_model.h"
#else
#include "rpp/error.h"
#endif

namespace rpp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kTolerance = 1e-5;

std::filesystem::path xlm_roberta_dir() {
  return std::filesystem::path(RPP_SOURCE_DIR) / "tests/golden/xlm_roberta";
}

class XlmRoberta : public TextFiles {};

// The values are those of transformers (scripts/dev/make_golden.py).
class Families : public testing::TestWithParam<const char*> {
 protected:
  std::filesystem::path directory() const {
    return std::filesystem::path(RPP_SOURCE_DIR) / "tests/golden" / GetParam();
  }
  TokenBatch batch() const { return {.input_ids = ids_, .cu_seqlens = cu_seqlens_}; }

  Golden golden_ = Golden(directory());
  std::vector<int32_t> ids_ = golden_.integers("input_ids"), cu_seqlens_ = golden_.integers("cu_seqlens");
};

TEST_P(Families, HiddenStatesAndMaskedLmLogitsEqualTransformers) {
  for (const auto& model : {exported(directory()), RuntimeModel::load(directory())}) {
    Session session(model);
    session.encode(batch());
    EXPECT_LT(largest_difference(session.hidden(), golden_.floats("last_hidden")), kTolerance);
    const auto logits = session.mlm_logits(golden_.integers("mlm_positions"));
    EXPECT_LT(largest_difference(logits, golden_.floats("mlm_logits")), kTolerance);
  }
}

TEST_P(Families, ClassifierLogitsEqualTransformers) {
  Session session(exported(directory() / "classifier"));
  session.encode(batch());
  EXPECT_LT(largest_difference(session.logits(), golden_.floats("class_logits")), kTolerance);
}

INSTANTIATE_TEST_SUITE_P(, Families, testing::Values("xlm_roberta", "distilbert", "electra", "mpnet"),
                         [](const auto& info) { return std::string(info.param); });

// DistilBERT has no token types, and tokenizers mark the second text of a pair for it all the same.
TEST(DistilBert, TokenTypesChangeNothing) {
  Session session(RuntimeModel::load(std::filesystem::path(RPP_SOURCE_DIR) / "tests/golden/distilbert"));
  const std::vector<int32_t> ids = {2, 5, 6, 3, 7, 3}, types = {0, 0, 0, 0, 1, 1}, bounds = {0, 6};
  session.encode({.input_ids = ids, .cu_seqlens = bounds});
  const auto without = session.hidden();
  const std::vector<float> hidden(without.begin(), without.end());
  session.encode({.input_ids = ids, .token_type_ids = types, .cu_seqlens = bounds});
  EXPECT_EQ(largest_difference(session.hidden(), hidden), 0);
}

TEST_F(XlmRoberta, PositionsStartBehindThePaddingToken) {
  const auto model = RuntimeModel::load(xlm_roberta_dir());
  EXPECT_EQ(model->sizes().positions, 16);  // of 18 rows
  EXPECT_EQ(model->sizes().first_position, 2);
  Session session(model);
  const std::vector<int32_t> ids(17, 5), bounds = {0, 17};
  EXPECT_THAT(message_of([&] { session.encode({.input_ids = ids, .cu_seqlens = bounds}); }),
              HasSubstr("sequence 0 has 17 tokens, the model takes 1 to 16"));
}

#ifdef RPP_SENTENCEPIECE

TEST_F(XlmRoberta, AnExportedModelBringsItsSentencePieceModel) {
  const auto directory = directory_ / "model", file = directory_ / "model.rpp";
  std::filesystem::copy(xlm_roberta_dir(), directory, std::filesystem::copy_options::recursive);
  write("model/sentencepiece.bpe.model", small_model());
  export_model(directory, file);
  const auto model = RuntimeModel::load(file);
  const auto tokenizer = make_tokenizer(model->file());
  EXPECT_THAT(tokenizer->encode("the gardens"), ElementsAre(4, 5, 6, 8));
  EXPECT_TRUE(tokenizer->special().two_separators);
  const auto answerer = make_answerer(model, *tokenizer, 16, 1);
  answerer->add({.text = "the <mask> garden", .text_pair = {}});
  EXPECT_EQ(answerer->answer_added().front().scores.size(), 12);
}

#else

TEST_F(XlmRoberta, ALibraryWithoutSentencePieceSaysSo) {
  const auto directory = directory_ / "model";
  std::filesystem::copy(xlm_roberta_dir(), directory, std::filesystem::copy_options::recursive);
  write("model/sentencepiece.bpe.model", "pieces");
  const auto model = RuntimeModel::load(directory);
  EXPECT_THAT(message_of([&] { make_tokenizer(model->file()); }),
              HasSubstr("build it with -DRPP_SENTENCEPIECE=ON"));
}

#endif

}  // namespace
}  // namespace rpp
