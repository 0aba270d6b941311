#include "bert_format/tensor_names.h"

#include <gtest/gtest.h>

#include <optional>

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

constexpr std::pair<std::string_view, std::string_view> kDistilBertNames[] = {
    {"distilbert.embeddings.LayerNorm.weight", "bert.embeddings.LayerNorm.weight"},
    {"distilbert.transformer.layer.11.attention.q_lin.bias",
     "bert.encoder.layer.11.attention.self.query.bias"},
    {"distilbert.transformer.layer.0.attention.out_lin.weight",
     "bert.encoder.layer.0.attention.output.dense.weight"},
    {"distilbert.transformer.layer.0.sa_layer_norm.bias",
     "bert.encoder.layer.0.attention.output.LayerNorm.bias"},
    {"distilbert.transformer.layer.0.ffn.lin1.weight", "bert.encoder.layer.0.intermediate.dense.weight"},
    {"distilbert.transformer.layer.0.ffn.lin2.weight", "bert.encoder.layer.0.output.dense.weight"},
    {"distilbert.transformer.layer.0.output_layer_norm.bias", "bert.encoder.layer.0.output.LayerNorm.bias"},
    {"vocab_transform.weight", "cls.predictions.transform.dense.weight"},
    {"vocab_layer_norm.bias", "cls.predictions.transform.LayerNorm.bias"},
    {"vocab_projector.bias", "cls.predictions.bias"},
    {"vocab_projector.weight", "cls.predictions.decoder.weight"},
    {"pre_classifier.weight", "bert.pooler.dense.weight"},
    {"classifier.bias", "classifier.bias"},
    {"qa_outputs.weight", "qa_outputs.weight"}};

TEST(TensorNames, ThoseOfRobertaAreReadAndWritten) {
  for (const auto& [roberta, canonical] : kRobertaNames) {
    EXPECT_EQ(canonical_name(roberta), canonical);
    EXPECT_EQ(name_in_family(canonical, ModelFamily::xlm_roberta, /*has_classifier=*/true), roberta);
    EXPECT_EQ(name_in_family(canonical, ModelFamily::bert, true), canonical);
  }
}

TEST(TensorNames, ThoseOfDistilBertAreReadAndWritten) {
  for (const auto& [own, canonical] : kDistilBertNames) {
    EXPECT_EQ(canonical_name(own), canonical);
    EXPECT_EQ(name_in_family(canonical, ModelFamily::distilbert, /*has_classifier=*/true), own);
  }
  EXPECT_EQ(canonical_name("transformer.layer.2.ffn.lin1.bias"),
            "bert.encoder.layer.2.intermediate.dense.bias");
  EXPECT_EQ(name_in_family("bert.pooler.dense.bias", ModelFamily::distilbert, false), std::nullopt);
  EXPECT_EQ(name_in_family("cls.seq_relationship.bias", ModelFamily::roberta, false), std::nullopt);
}

constexpr std::pair<const char*, const char*> kElectraNames[] = {
    {"electra.embeddings.word_embeddings.weight", "bert.embeddings.word_embeddings.weight"},
    {"electra.embeddings_project.bias", "bert.embeddings_project.bias"},
    {"electra.encoder.layer.3.attention.self.query.weight",
     "bert.encoder.layer.3.attention.self.query.weight"},
    {"generator_predictions.dense.weight", "cls.predictions.transform.dense.weight"},
    {"generator_predictions.LayerNorm.bias", "cls.predictions.transform.LayerNorm.bias"},
    {"generator_lm_head.bias", "cls.predictions.bias"},
    {"generator_lm_head.weight", "cls.predictions.decoder.weight"},
    {"classifier.dense.weight", "bert.pooler.dense.weight"},
    {"classifier.out_proj.bias", "classifier.bias"}};

constexpr std::pair<const char*, const char*> kMpnetNames[] = {
    {"mpnet.embeddings.LayerNorm.weight", "bert.embeddings.LayerNorm.weight"},
    {"mpnet.encoder.relative_attention_bias.weight", "bert.encoder.relative_attention_bias.weight"},
    {"mpnet.encoder.layer.11.attention.attn.q.bias", "bert.encoder.layer.11.attention.self.query.bias"},
    {"mpnet.encoder.layer.0.attention.attn.v.weight", "bert.encoder.layer.0.attention.self.value.weight"},
    {"mpnet.encoder.layer.0.attention.attn.o.weight", "bert.encoder.layer.0.attention.output.dense.weight"},
    {"mpnet.encoder.layer.0.attention.LayerNorm.bias",
     "bert.encoder.layer.0.attention.output.LayerNorm.bias"},
    {"mpnet.encoder.layer.0.output.LayerNorm.weight", "bert.encoder.layer.0.output.LayerNorm.weight"},
    {"lm_head.layer_norm.weight", "cls.predictions.transform.LayerNorm.weight"},
    {"lm_head.bias", "cls.predictions.bias"},
    {"classifier.out_proj.weight", "classifier.weight"}};

TEST(TensorNames, ThoseOfElectraAreReadAndWritten) {
  for (const auto& [own, canonical] : kElectraNames) {
    EXPECT_EQ(canonical_name(own), canonical);
    EXPECT_EQ(name_in_family(canonical, ModelFamily::electra, /*has_classifier=*/true), own);
  }
  EXPECT_EQ(canonical_name("embeddings_project.weight"), "bert.embeddings_project.weight");
  EXPECT_EQ(name_in_family("bert.pooler.dense.bias", ModelFamily::electra, false), std::nullopt);
}

TEST(TensorNames, ThoseOfMpnetAreReadAndWritten) {
  for (const auto& [own, canonical] : kMpnetNames) {
    EXPECT_EQ(canonical_name(own), canonical);
    EXPECT_EQ(name_in_family(canonical, ModelFamily::mpnet, /*has_classifier=*/true), own);
  }
  EXPECT_EQ(canonical_name("encoder.layer.2.attention.attn.k.bias"),
            "bert.encoder.layer.2.attention.self.key.bias");
  EXPECT_EQ(name_in_family("bert.pooler.dense.bias", ModelFamily::mpnet, false), "mpnet.pooler.dense.bias");
}

TEST(TensorNames, TheTableOfDistancesCountsAsAnEmbedding) {
  EXPECT_EQ(part_of("bert.encoder.relative_attention_bias.weight"), ModelPart::embeddings);
  EXPECT_EQ(part_of("bert.embeddings_project.weight"), ModelPart::embeddings);
  EXPECT_FALSE(is_head("bert.embeddings_project.weight"));
}

TEST(TensorNames, APoolerWithoutAClassifierKeepsItsNameInRoberta) {
  EXPECT_EQ(name_in_family("bert.pooler.dense.bias", ModelFamily::roberta, /*has_classifier=*/false),
            "roberta.pooler.dense.bias");
}

TEST(TensorNames, AClassifierOfTokensHasOneNameInAllFamilies) {
  for (const auto family : {ModelFamily::bert, ModelFamily::xlm_roberta, ModelFamily::distilbert}) {
    EXPECT_EQ(name_in_family("classifier.weight", family, /*has_classifier=*/false), "classifier.weight");
  }
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
        "qa_outputs.bias", "bert.embeddings_project.bias", "bert.encoder.relative_attention_bias.weight"}) {
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
