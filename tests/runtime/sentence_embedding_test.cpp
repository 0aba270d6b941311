// Compares vectors with sums over the session's own hidden states.
#include "bert_format/sentence_embedding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "bert_format/model_file.h"
#include "data/fake_tokenizer.h"
#include "exported_model.h"
#include "rpp/answerer.h"
#include "rpp/rpp.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Vector = std::vector<float>;

constexpr size_t kHidden = 32;
constexpr const char* kModules = R"([
  {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
  {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
  {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])";
constexpr const char* kModulesNotNormalised = R"([
  {"path": "", "type": "sentence_transformers.models.Transformer"},
  {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])";

class Embedding : public testing::Test {
 protected:
  Embedding() : dir_(fmt::format("embed_{}", testing::UnitTest::GetInstance()->current_test_info()->line())) {
    fs::copy(golden_dir() / "classifier", dir_.path());
    dir_.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nw0\nw1\nw2\n");
    fs::create_directories(dir_ / "1_Pooling");
  }

  void write(const char* modules, const char* pooling) const {
    dir_.write("modules.json", modules);
    dir_.write("1_Pooling/config.json", pooling);
  }

  std::string message() const {
    return message_of([&] { embed("w0"); });
  }

  // As rpp-predict --embed computes it, for the model directory or its export.
  static Vector embed_of(const fs::path& path, const std::string& text, const EmbedOptions& options = {}) {
    const auto model = RuntimeModel::load(path);
    const auto tokenizer = make_tokenizer(model->file());
    const auto embedder = make_embedder(model, *tokenizer, tokens_embedded(*model), 1, options);
    embedder->add({.text = text});
    return embedder->answer_added().at(0).embedding;
  }
  Vector embed(const std::string& text) const { return embed_of(dir_.path(), text); }

  Vector embed_with(const EmbedOptions& options) const { return embed_of(dir_.path(), "w0 w1", options); }

  // [tokens][hidden]
  std::vector<Vector> hidden(const std::vector<int32_t>& ids) const {
    Session session(RuntimeModel::load(dir_.path()));
    const std::vector<int32_t> bounds = {0, static_cast<int32_t>(ids.size())};
    session.encode({.input_ids = ids, .token_type_ids = {}, .cu_seqlens = bounds});
    std::vector<Vector> rows;
    const auto values = session.hidden();
    for (size_t i = 0; i < ids.size(); ++i) {
      const auto row = values.subspan(i * kHidden, kHidden);
      rows.emplace_back(row.begin(), row.end());
    }
    return rows;
  }

  TestDir dir_;
  const std::vector<int32_t> ids_ = {2, 5, 6, 3};  // [CLS] w0 w1 [SEP]
};

TEST_F(Embedding, WithoutModulesIsTheUnnormalisedMean) {
  const auto rows = hidden(ids_);
  const Vector found = embed("w0 w1");
  ASSERT_EQ(found.size(), kHidden);
  for (size_t i = 0; i < kHidden; ++i) {
    EXPECT_NEAR(found[i], (rows[0][i] + rows[1][i] + rows[2][i] + rows[3][i]) / 4, 1e-6);
  }
}

TEST_F(Embedding, WithNormalisationIsTheMeanWithLengthOne) {
  const Vector mean = embed("w0 w1");
  write(kModules, R"({"word_embedding_dimension": 32, "pooling_mode_mean_tokens": true})");
  const Vector found = embed("w0 w1");
  double squares = 0;
  for (const float value : mean) squares += double{value} * value;
  ASSERT_EQ(found.size(), kHidden);
  for (size_t i = 0; i < kHidden; ++i) EXPECT_NEAR(found[i], mean[i] / std::sqrt(squares), 1e-6);
}

double length_of(const Vector& vector) {
  double squares = 0;
  for (const float value : vector) squares += double{value} * value;
  return std::sqrt(squares);
}

TEST_F(Embedding, NormalisationCanBeAskedForAndLeftOut) {
  const Vector mean = embed("w0 w1");
  EXPECT_NEAR(length_of(embed_with({.normalize = true})), 1, 1e-6);
  write(kModules, R"({"pooling_mode_mean_tokens": true})");
  EXPECT_EQ(embed_with({.normalize = false}), mean);
}

// As encode(truncate_dim=8) of sentence-transformers, without and with normalize_embeddings.
TEST_F(Embedding, DimensionsAreTheFirstOfTheWholeVector) {
  write(kModules, R"({"pooling_mode_mean_tokens": true})");
  const Vector whole = embed("w0 w1"), first = embed_with({.dimensions = 8});
  EXPECT_EQ(first, Vector(whole.begin(), whole.begin() + 8));
  const Vector unit = embed_with({.dimensions = 8, .normalize = true});
  ASSERT_EQ(unit.size(), 8);
  for (size_t i = 0; i < 8; ++i) EXPECT_NEAR(unit[i], first[i] / length_of(first), 1e-6);
  EXPECT_THAT(message_of([&] { embed_with({.dimensions = 33}); }),
              HasSubstr("dimensions is 33, the model's embeddings have 32"));
}

TEST_F(Embedding, APromptIsChosenByItsName) {
  write(kModulesNotNormalised, R"({"pooling_mode_mean_tokens": true})");
  dir_.write("config_sentence_transformers.json",
             R"({"prompts": {"query": "w2 ", "passage": "w1 "}, "default_prompt_name": "query"})");
  const Vector as_query = embed_with({}), as_passage = embed_with({.prompt = "passage"});
  EXPECT_EQ(embed_with({.prompt = "query"}), as_query);
  dir_.write("config_sentence_transformers.json", "{}");
  EXPECT_EQ(embed("w2 w0 w1"), as_query);
  EXPECT_EQ(embed("w1 w0 w1"), as_passage);
  EXPECT_THAT(message_of([&] { embed_with({.prompt = "query"}); }),
              HasSubstr("has no prompt 'query'; its prompts: none"));
}

TEST_F(Embedding, SeveralPoolingsAreConcatenatedInSentenceTransformersOrder) {
  write(kModulesNotNormalised,
        R"({"pooling_mode_mean_sqrt_len_tokens": true, "pooling_mode_mean_tokens": true,
            "pooling_mode_max_tokens": true, "pooling_mode_cls_token": true,
            "pooling_mode_lasttoken": true, "pooling_mode_weightedmean_tokens": true})");
  const auto rows = hidden(ids_);
  const Vector found = embed("w0 w1");
  ASSERT_EQ(found.size(), 6 * kHidden);
  for (size_t i = 0; i < kHidden; ++i) {
    const float a = rows[0][i], b = rows[1][i], c = rows[2][i], d = rows[3][i];
    EXPECT_NEAR(found[i], a, 1e-6);
    EXPECT_NEAR(found[kHidden + i], std::max({a, b, c, d}), 1e-6);
    EXPECT_NEAR(found[2 * kHidden + i], (a + b + c + d) / 4, 1e-6);
    EXPECT_NEAR(found[3 * kHidden + i], (a + b + c + d) / 2, 1e-6);
    EXPECT_NEAR(found[4 * kHidden + i], (a + 2 * b + 3 * c + 4 * d) / 10, 1e-6);
    EXPECT_NEAR(found[5 * kHidden + i], d, 1e-6);
  }
}

TEST_F(Embedding, PoolingMayBeAStringOrAList) {
  write(kModulesNotNormalised, R"({"embedding_dimension": 32, "pooling_mode": "cls"})");
  EXPECT_LT(largest_difference(embed("w0 w1"), hidden(ids_)[0]), 1e-6);
  write(kModulesNotNormalised, R"({"pooling_mode": ["lasttoken", "cls"]})");
  Vector expected = hidden(ids_)[3];
  const Vector first = hidden(ids_)[0];
  expected.insert(expected.end(), first.begin(), first.end());
  EXPECT_LT(largest_difference(embed("w0 w1"), expected), 1e-6);
}

TEST_F(Embedding, TheDefaultPromptIsPrependedToEveryText) {
  const Vector expected = embed("w0 w1 w2");
  write(kModulesNotNormalised, "{}");
  dir_.write("config_sentence_transformers.json",
             R"({"prompts": {"query": "w0 "}, "default_prompt_name": "query"})");
  EXPECT_LT(largest_difference(embed("w1 w2"), expected), 1e-6);
}

TEST_F(Embedding, AnExcludedPromptExcludesTheFirstTokenToo) {
  write(kModulesNotNormalised, R"({"include_prompt": false})");
  dir_.write("config_sentence_transformers.json",
             R"({"prompts": {"query": "w0 "}, "default_prompt_name": "query"})");
  const auto rows = hidden(ids_);
  const Vector found = embed("w1");
  for (size_t i = 0; i < kHidden; ++i) EXPECT_NEAR(found[i], (rows[2][i] + rows[3][i]) / 2, 1e-6);
}

TEST_F(Embedding, EveryPoolingModeSkipsAnExcludedPrompt) {
  write(kModulesNotNormalised, R"({"include_prompt": false, "pooling_mode":
      ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]})");
  dir_.write("config_sentence_transformers.json",
             R"({"prompts": {"query": "w0 "}, "default_prompt_name": "query"})");
  const auto rows = hidden(ids_);
  const Vector found = embed("w1");
  ASSERT_EQ(found.size(), 6 * kHidden);
  for (size_t i = 0; i < kHidden; ++i) {
    const float c = rows[2][i], d = rows[3][i];
    EXPECT_NEAR(found[i], c, 1e-6);
    EXPECT_NEAR(found[kHidden + i], std::max(c, d), 1e-6);
    EXPECT_NEAR(found[2 * kHidden + i], (c + d) / 2, 1e-6);
    EXPECT_NEAR(found[3 * kHidden + i], (c + d) / std::sqrt(2.0F), 1e-6);
    EXPECT_NEAR(found[4 * kHidden + i], (3 * c + 4 * d) / 7, 1e-6);  // weights count from the text's start
    EXPECT_NEAR(found[5 * kHidden + i], d, 1e-6);
  }
}

TEST_F(Embedding, APromptThatFillsTheTextLeavesTheLastTokenToPool) {
  write(kModulesNotNormalised, R"({"include_prompt": false})");
  dir_.write("config_sentence_transformers.json",
             R"({"prompts": {"query": "w0 w0 w0 w0 w0 w0 w0 w0 w0 "}, "default_prompt_name": "query"})");
  dir_.write("sentence_bert_config.json", R"({"max_seq_length": 8})");
  const auto rows = hidden({2, 5, 5, 5, 5, 5, 5, 3});
  EXPECT_LT(largest_difference(embed("w1"), rows[7]), 1e-6);
}

TEST_F(Embedding, TextsAreTruncatedToTheModelsMaxSeqLength) {
  const Vector expected = embed("w0 w1 w2 w0 w1 w2");  // 8 tokens
  write(kModulesNotNormalised, "{}");
  dir_.write("sentence_bert_config.json", R"({"max_seq_length": 8, "do_lower_case": false})");
  EXPECT_LT(largest_difference(embed("w0 w1 w2 w0 w1 w2 w2 w2"), expected), 1e-6);
}

TEST_F(Embedding, TextsAreTruncatedToTheModelsPositions) {
  std::string text = "w0";
  for (int i = 0; i < 40; ++i) text += " w1";
  const Vector expected = embed(text);
  write(kModulesNotNormalised, "{}");
  dir_.write("sentence_bert_config.json", R"({"max_seq_length": 25})");  // of 24
  EXPECT_EQ(embed(text), expected);
}

TEST_F(Embedding, AnExportedModelGivesTheSameVectorAndFiles) {
  write(kModules, R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false})");
  dir_.write("sentence_bert_config.json", R"({"max_seq_length": 8})");
  const TemporaryFile file("embed.rpp");
  export_model(dir_.path(), file.path());
  EXPECT_EQ(embed_of(file.path(), "w0 w1 w2"), embed("w0 w1 w2"));
  unpack_model(file.path(), dir_ / "again");
  EXPECT_TRUE(fs::exists(dir_ / "again/1_Pooling/config.json"));
  EXPECT_EQ(embed_of(dir_ / "again", "w0 w1 w2"), embed("w0 w1 w2"));
}

class DenseEmbedding : public Embedding {
 protected:
  static constexpr int64_t kOut = 3;

  DenseEmbedding() {
    write(R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
              {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
              {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}])",
          R"({"pooling_mode_mean_tokens": true})");
    fs::create_directories(dir_ / "2_Dense");
    for (size_t i = 0; i < kOut * kHidden; ++i) weight_.push_back(0.01F * static_cast<float>(i % 7) - 0.02F);
    write_dense(R"({"in_features": 32, "out_features": 3, "bias": true})", {kOut, kHidden});
  }

  void write_dense(const char* config, std::vector<int64_t> shape) const {
    dir_.write("2_Dense/config.json", config);
    const std::vector<TensorView> tensors = {
        {.name = "linear.weight", .shape = std::move(shape), .data = std::as_bytes(std::span(weight_))},
        {.name = "linear.bias", .shape = {kOut}, .data = std::as_bytes(std::span(bias_))}};
    save_safetensors(dir_ / "2_Dense/model.safetensors", tensors);
  }

  std::vector<float> weight_, bias_ = {0.5F, -0.25F, 0.0F};
};

TEST_F(DenseEmbedding, FollowsThePoolingInTheFolderAndInAnExportedModel) {
  const auto rows = hidden(ids_);
  const Vector found = embed("w0 w1");
  ASSERT_EQ(found.size(), kOut);
  for (size_t out = 0; out < kOut; ++out) {
    double sum = bias_[out];
    for (size_t i = 0; i < kHidden; ++i) {
      sum += double{weight_[out * kHidden + i]} * (rows[0][i] + rows[1][i] + rows[2][i] + rows[3][i]) / 4;
    }
    EXPECT_NEAR(found[out], std::tanh(sum), 1e-6) << out;
  }
  const TemporaryFile file("dense.rpp");
  export_model(dir_.path(), file.path());
  EXPECT_EQ(embed_of(file.path(), "w0 w1"), found);
  unpack_model(file.path(), dir_ / "again");
  EXPECT_EQ(embed_of(dir_ / "again", "w0 w1"), found);
}

TEST_F(DenseEmbedding, WhatItCannotComputeIsRefusedByName) {
  const std::string sizes = R"({"in_features": 32, "out_features": 3, )";
  const auto refused = [&](const std::string& more) {
    write_dense((sizes + more + "}").c_str(), {kOut, kHidden});
    return message();
  };
  EXPECT_THAT(refused(R"("use_residual": true)"), HasSubstr("2_Dense/config.json: use_residual is true"));
  EXPECT_THAT(refused(R"("activation_function": "torch.nn.modules.activation.Mish")"),
              HasSubstr("activation_function is \"torch.nn.modules.activation.Mish\""));
  EXPECT_THAT(refused(R"("module_input_name": "token_embeddings")"), HasSubstr("module_input_name is"));
  EXPECT_EQ(refused(R"("activation_function": "torch.nn.modules.linear.Identity")"), "no error");
  write_dense(R"({"in_features": 32, "out_features": 4})", {kOut, kHidden});
  EXPECT_THAT(message(), HasSubstr("a tensor linear.weight of shape [4, 32]"));
  write_dense(R"({"in_features": 24, "out_features": 4})", {4, 24});
  EXPECT_THAT(message(), HasSubstr("linear.bias of shape [4]"));
  fs::remove(dir_ / "2_Dense/model.safetensors");
  EXPECT_THAT(message(), HasSubstr("scripts/convert_bin.py"));
}

TEST_F(DenseEmbedding, OneForAnotherSizeIsRefused) {
  write_dense(R"({"in_features": 16, "out_features": 6, "bias": false})", {6, 16});
  EXPECT_THAT(message(), HasSubstr("a Dense module takes 16 features, 32 reach it"));
}

TEST_F(Embedding, AnUnknownModuleIsRefusedNamingItsType) {
  write(R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
            {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"path": "2_Dropout", "type": "sentence_transformers.models.Dropout"}])",
        "{}");
  EXPECT_THAT(message(),
              HasSubstr("the module sentence_transformers.models.Dropout: only Transformer, Pooling"));
  write(R"([{"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
            {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])",
        "{}");
  EXPECT_THAT(message(), HasSubstr("a Transformer in the model directory itself"));
}

TEST_F(Embedding, ModulesInAnotherOrderOrNumberAreRefused) {
  const std::string transformer = R"({"path": "", "type": "sentence_transformers.models.Transformer"})",
                    pooling = R"({"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"})",
                    normalize =
                        R"({"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"})";
  for (const auto& modules :
       {transformer, transformer + "," + normalize, pooling + "," + transformer,
        transformer + "," + normalize + "," + pooling, transformer + "," + pooling + "," + pooling,
        transformer + "," + pooling + "," + normalize + "," + normalize}) {
    write(fmt::format("[{}]", modules).c_str(), "{}");
    EXPECT_THAT(message(), HasSubstr("the modules must be a Transformer in the model directory itself"))
        << modules;
  }
}

TEST_F(Embedding, DamagedFilesAreNamed) {
  write(kModules, "[");
  EXPECT_THAT(message(), HasSubstr("1_Pooling/config.json: broken JSON"));
  write(kModules, R"({"pooling_mode_cls_token": 1})");
  EXPECT_THAT(message(), HasSubstr("1_Pooling/config.json: pooling_mode_cls_token is 1"));
  write(kModules, R"({"pooling_mode": "attention"})");
  EXPECT_THAT(message(), HasSubstr("pooling_mode \"attention\" is not known"));
  write(kModules, "{}");
  dir_.write("sentence_bert_config.json", R"({"max_seq_length": -1})");
  EXPECT_THAT(message(), HasSubstr("sentence_bert_config.json: max_seq_length is -1"));
  dir_.write("sentence_bert_config.json", R"({"do_lower_case": true})");
  dir_.write("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_THAT(message(), HasSubstr("do_lower_case beside a cased tokenizer is not supported"));
  dir_.write("tokenizer_config.json", R"({"do_lower_case": true})");
  EXPECT_EQ(message(), "no error");
  fs::remove(dir_ / "1_Pooling/config.json");
  EXPECT_THAT(message(), HasSubstr("1_Pooling/config.json is missing"));
}

TEST_F(Embedding, TheCApiUsesTheModuleFiles) {
  write(kModules, R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true})");
  rpp_model* model = nullptr;
  rpp_session* session = nullptr;
  ASSERT_EQ(rpp_load(dir_.path().c_str(), nullptr, &model), RPP_OK) << rpp_last_error();
  ASSERT_EQ(rpp_open(model, nullptr, &session), RPP_OK);
  EXPECT_EQ(rpp_embedding_size(model), 64);
  Vector found(64);
  const char* text = "w0 w1";
  EXPECT_EQ(rpp_embed(session, &text, 1, nullptr, found.data()), RPP_OK) << rpp_last_error();
  EXPECT_EQ(found, embed("w0 w1"));
  rpp_close(session);
  rpp_free(model);
}

TEST_F(Embedding, TheCApiLoadsAModelWithOtherModulesAndRefusesToEmbed) {
  write(R"([{"path": "", "type": "sentence_transformers.models.CLIPModel"}])", "{}");
  rpp_model* model = nullptr;
  rpp_session* session = nullptr;
  ASSERT_EQ(rpp_load(dir_.path().c_str(), nullptr, &model), RPP_OK) << rpp_last_error();
  ASSERT_EQ(rpp_open(model, nullptr, &session), RPP_OK);
  EXPECT_EQ(rpp_embedding_size(model), 0);
  Vector untouched(64);
  const char* text = "w0";
  EXPECT_EQ(rpp_embed(session, &text, 1, nullptr, untouched.data()), RPP_ERROR);
  EXPECT_THAT(rpp_last_error(), HasSubstr("sentence_transformers.models.CLIPModel"));
  rpp_close(session);
  rpp_free(model);
}

}  // namespace
}  // namespace rpp
