#include <gmock/gmock.h>

#include "exported_model.h"
#include "message_of.h"
#include "rpp/answerer.h"
#include "rpp/session.h"
#include "sentencepiece/small_model.h"
#include "tokenizer/text_files.h"

namespace rpp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kTolerance = 1e-5;

std::filesystem::path xlm_roberta_dir() {
  return std::filesystem::path(RPP_SOURCE_DIR) / "tests/golden/xlm_roberta";
}

// The values are those of transformers (scripts/dev/make_golden.py).
class XlmRoberta : public TextFiles {
 protected:
  TokenBatch batch() const { return {.input_ids = ids_, .cu_seqlens = cu_seqlens_}; }
  // The model with the twelve pieces of small_model().
  std::filesystem::path with_tokenizer() const {
    const auto model = directory_ / "model";
    std::filesystem::copy(xlm_roberta_dir(), model, std::filesystem::copy_options::recursive);
    write("model/sentencepiece.bpe.model", small_model());
    return model;
  }

  Golden golden_ = Golden(xlm_roberta_dir());
  std::vector<int32_t> ids_ = golden_.integers("input_ids"), cu_seqlens_ = golden_.integers("cu_seqlens");
};

TEST_F(XlmRoberta, HiddenStatesAndMaskedLmLogitsEqualTransformers) {
  for (const auto& model : {exported(xlm_roberta_dir()), RuntimeModel::load(xlm_roberta_dir())}) {
    Session session(model);
    session.encode(batch());
    EXPECT_LT(largest_difference(session.hidden(), golden_.floats("last_hidden")), kTolerance);
    const auto logits = session.mlm_logits(golden_.integers("mlm_positions"));
    EXPECT_LT(largest_difference(logits, golden_.floats("mlm_logits")), kTolerance);
  }
}

TEST_F(XlmRoberta, ClassifierLogitsEqualTransformers) {
  Session session(exported(xlm_roberta_dir() / "classifier"));
  session.encode(batch());
  EXPECT_LT(largest_difference(session.logits(), golden_.floats("class_logits")), kTolerance);
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

TEST_F(XlmRoberta, AnExportedModelBringsItsSentencePieceModel) {
  const auto file = directory_ / "model.rpp";
  export_model(with_tokenizer(), file);
  const auto model = RuntimeModel::load(file);
  const auto tokenizer = make_tokenizer(model->file());
  EXPECT_THAT(tokenizer->encode("the gardens"), ElementsAre(4, 5, 6, 8));
  EXPECT_TRUE(tokenizer->special().two_separators);
  const auto answerer = make_answerer(model, *tokenizer, 16, 1);
  answerer->add({.text = "the <mask> garden", .text_pair = {}});
  EXPECT_EQ(answerer->answer_added().front().scores.size(), 12);
}

}  // namespace
}  // namespace rpp
