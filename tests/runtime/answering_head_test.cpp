// Which head of a model answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edited_config.h"
#include "rpp/answerer.h"

namespace rpp {
namespace {

using testing::HasSubstr;

class AnsweringHead : public testing::Test {
 protected:
  // The golden classifier, which has a pooler, by another name.
  std::shared_ptr<const RuntimeModel> named(const nlohmann::json& architectures,
                                            const std::string& golden = "classifier") {
    copy_with_config(dir_, golden, {{"architectures", architectures}});
    return exported(dir_.path());
  }
  std::string refusal(const std::shared_ptr<const RuntimeModel>& model) {
    return message_of([&] { make_answerer(model, tokenizer_, 24); });
  }

  TestDir dir_{"answering_head"};
  FakeTokenizer tokenizer_{100};
};

// From BertForTokenClassification of transformers 5.17 with the same files.
TEST_F(AnsweringHead, AClassifierOfTokensReadsTheHiddenStates) {
  const auto model = named({"BertForTokenClassification"});
  EXPECT_EQ(model->sizes().token_labels, 3);
  EXPECT_EQ(model->sizes().labels, 0);
  const Golden golden;
  const auto ids = golden.integers("input_ids"), types = golden.integers("token_type_ids"),
             bounds = golden.integers("cu_seqlens");
  Session session(model);
  session.encode({.input_ids = ids, .token_type_ids = types, .cu_seqlens = bounds});
  const auto logits = session.token_logits();
  ASSERT_EQ(logits.size(), 3 * ids.size());
  const std::vector<float> first = {-0.37017041F, 2.81598186F, -0.27704746F},
                           ninth = {-0.11393572F, 2.77757573F, 1.24299002F},
                           last = {-0.02693355F, 0.76015949F, -0.19677736F};
  EXPECT_LT(largest_difference(logits.first(3), first), 1e-5);
  EXPECT_LT(largest_difference(logits.subspan(3 * 8, 3), ninth), 1e-5);
  EXPECT_LT(largest_difference(logits.last(3), last), 1e-5);
  EXPECT_THAT(message_of([&] { session.logits(); }), HasSubstr("has no classifier"));
}

TEST_F(AnsweringHead, AnUnsupportedOneIsRefusedByNameAndItsEncoderEmbeds) {
  for (const char* name : {"BertForMultipleChoice", "BertForNextSentencePrediction", "BertLMHeadModel"}) {
    const auto model = named({name});
    const std::string why = fmt::format("config.json: architectures is {}: answers come from", name);
    EXPECT_THAT(refusal(model), HasSubstr(why));
    Session session(model);
    const std::vector<int32_t> ids = {2, 5, 3}, bounds = {0, 3};
    session.encode({.input_ids = ids, .token_type_ids = {}, .cu_seqlens = bounds});
    EXPECT_THAT(message_of([&] { session.logits(); }), HasSubstr(why));
    const auto embedder = make_embedder(model, tokenizer_, 24);
    embedder->add({.text = "w0"});
    EXPECT_EQ(embedder->answer_added().at(0).embedding.size(), 32U);
  }
}

TEST_F(AnsweringHead, ANamedOneWithoutTensorsIsRefused) {
  EXPECT_THAT(refusal(named({"BertForQuestionAnswering"})),
              HasSubstr(", a BertForQuestionAnswering by its config.json, has no head that answers"));
  EXPECT_THAT(refusal(named({"BertForMaskedLM"})), HasSubstr("a BertForMaskedLM by its config.json"));
  EXPECT_THAT(refusal(named({"BertModel"})), HasSubstr("a BertModel by its config.json"));
  EXPECT_THAT(refusal(named({"BertForTokenClassification"}, "span")),
              HasSubstr("a BertForTokenClassification by its config.json"));
}

TEST_F(AnsweringHead, WithoutAnArchitectureTheTensorsDecide) {
  EXPECT_EQ(make_answerer(named(nullptr), tokenizer_, 24)->answer_name(), "label");
  EXPECT_EQ(make_answerer(named(nullptr, "span"), tokenizer_, 24)->answer_name(), "answer");
}

}  // namespace
}  // namespace rpp
