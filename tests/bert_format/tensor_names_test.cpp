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

TEST(TensorNames, ATokenClassifierIsNotRenamed) {
  EXPECT_EQ(canonical_name("classifier.weight"), "classifier.weight");
}

}  // namespace
}  // namespace rpp
