#include "bert_format/tensor_names.h"

#include <gtest/gtest.h>

namespace rpp {
namespace {

constexpr std::pair<std::string_view, std::string_view> kRobertaNames[] = {
    {"roberta.embeddings.word_embeddings.weight", "bert.embeddings.word_embeddings.weight"},
    {"roberta.encoder.layer.3.attention.self.query.bias", "bert.encoder.layer.3.attention.self.query.bias"},
    {"lm_head.dense.weight", "cls.predictions.transform.dense.weight"},
    {"lm_head.layer_norm.bias", "cls.predictions.transform.LayerNorm.bias"},
    {"lm_head.bias", "cls.predictions.bias"},
    {"classifier.dense.weight", "bert.pooler.dense.weight"},
    {"classifier.out_proj.bias", "classifier.bias"}};

TEST(TensorNames, ThoseOfRobertaAreReadAndWritten) {
  for (const auto& [roberta, canonical] : kRobertaNames) {
    EXPECT_EQ(canonical_name(roberta), canonical);
    EXPECT_EQ(name_in_family(canonical, ModelFamily::xlm_roberta, /*has_classifier=*/true), roberta);
    EXPECT_EQ(name_in_family(canonical, ModelFamily::bert, true), canonical);
  }
}

TEST(TensorNames, APoolerWithoutAClassifierKeepsItsNameInRoberta) {
  EXPECT_EQ(name_in_family("bert.pooler.dense.bias", ModelFamily::roberta, /*has_classifier=*/false),
            "roberta.pooler.dense.bias");
}

TEST(TensorNames, BareAndOldNamesHaveACanonicalForm) {
  EXPECT_EQ(canonical_name("embeddings.LayerNorm.gamma"), "bert.embeddings.LayerNorm.weight");
  EXPECT_EQ(canonical_name("bert.encoder.layer.1.output.LayerNorm.beta"),
            "bert.encoder.layer.1.output.LayerNorm.bias");
  EXPECT_EQ(canonical_name("cls.predictions.transform.LayerNorm.gamma"),
            "cls.predictions.transform.LayerNorm.weight");
  EXPECT_EQ(canonical_name("pooler.dense.weight"), "bert.pooler.dense.weight");
  EXPECT_EQ(canonical_name("classifier.weight"), "classifier.weight");
}

TEST(TensorNames, TheNamesOfAModelAreKnown) {
  for (const char* name :
       {"bert.embeddings.word_embeddings.weight", "bert.embeddings.LayerNorm.bias",
        "bert.encoder.layer.0.attention.self.query.weight",
        "bert.encoder.layer.11.attention.output.LayerNorm.weight", "bert.encoder.layer.3.output.dense.bias",
        "bert.pooler.dense.weight", "cls.predictions.bias", "cls.predictions.decoder.weight",
        "cls.predictions.transform.dense.weight", "cls.seq_relationship.bias", "classifier.weight",
        "qa_outputs.bias"}) {
    EXPECT_TRUE(is_known(name)) << name;
  }
}

TEST(TensorNames, BuffersAndOtherHeadsAreUnknown) {
  for (const char* name :
       {"bert.embeddings.position_ids", "bert.embeddings.token_type_ids", "logit_scale",
        "bert.encoder.layer.0.attention.self.distance_embedding.weight",
        "bert.encoder.layer.0.crossattention.self.query.weight", "bert.encoder.layer.00.output.dense.bias",
        "bert.encoder.rel.weight", "classifier.dense.weight", "classifier", "linear.weight"}) {
    EXPECT_FALSE(is_known(name)) << name;
  }
}

}  // namespace
}  // namespace rpp
