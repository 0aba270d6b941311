// Every function of the C interface with each of its pointers NULL in turn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "c_api.h"
#include "edited_config.h"

namespace rpp {
namespace {

class CNull : public CApi {
 protected:
  void expect_named(rpp_status status, const std::string& name) {
    EXPECT_EQ(status, RPP_USAGE_ERROR) << name;
    EXPECT_EQ(std::string(rpp_last_error()), name + " is NULL");
  }

  const std::string path_ = exported("classifier");
  rpp_model* model_ = load(path_);
  rpp_session* session_ = open(model_);
  const Texts texts_ = {"w0", "w1"};
  std::vector<float> values_ = std::vector<float>(64, -1.0F);
};

TEST_F(CNull, SizesAreZeroAndFreeingIsAllowed) {
  EXPECT_EQ(rpp_num_labels(nullptr), 0);
  EXPECT_EQ(rpp_label(nullptr, 0), nullptr);
  EXPECT_EQ(rpp_hidden_size(nullptr), 0);
  EXPECT_EQ(rpp_embedding_size(nullptr), 0);
  EXPECT_EQ(rpp_max_tokens(nullptr), 0);
  rpp_free(nullptr);
  rpp_close(nullptr);
}

TEST_F(CNull, Load) {
  rpp_model* model = model_;
  expect_named(rpp_load(nullptr, nullptr, &model), "path");
  EXPECT_EQ(model, nullptr);
  expect_named(rpp_load(path_.c_str(), nullptr, nullptr), "model");
}

TEST_F(CNull, LoadMemory) {
  rpp_model* model = model_;
  expect_named(rpp_load_memory(nullptr, 8, nullptr, &model), "bytes");
  EXPECT_EQ(model, nullptr);
  expect_named(rpp_load_memory("bytes", 5, nullptr, nullptr), "model");
}

TEST_F(CNull, Tokenize) {
  int32_t id = 0;
  size_t count = 9;
  expect_named(rpp_tokenize(nullptr, "w0", nullptr, &id, 1, &count), "model");
  EXPECT_EQ(count, 0U);
  expect_named(rpp_tokenize(model_, nullptr, nullptr, &id, 1, &count), "text");
  expect_named(rpp_tokenize(model_, "w0", nullptr, nullptr, 1, &count), "ids");
  expect_named(rpp_tokenize(model_, "w0", nullptr, &id, 1, nullptr), "count");
  EXPECT_EQ(rpp_tokenize(model_, "w0", nullptr, nullptr, 0, &count), RPP_OK);
}

TEST_F(CNull, Open) {
  rpp_session* session = session_;
  expect_named(rpp_open(nullptr, nullptr, &session), "model");
  EXPECT_EQ(session, nullptr);
  expect_named(rpp_open(model_, nullptr, nullptr), "session");
}

TEST_F(CNull, Score) {
  const Texts one_missing = {"w0", nullptr};
  expect_named(rpp_score(nullptr, texts_.data(), nullptr, 2, values_.data()), "session");
  expect_named(rpp_score(session_, nullptr, nullptr, 2, values_.data()), "texts");
  expect_named(rpp_score(session_, one_missing.data(), nullptr, 2, values_.data()), "text 1");
  expect_named(rpp_score(session_, texts_.data(), nullptr, 2, nullptr), "scores");
  EXPECT_THAT(values_, testing::Each(-1.0F));
  EXPECT_EQ(rpp_score(session_, nullptr, nullptr, 0, nullptr), RPP_OK);
  EXPECT_EQ(rpp_score(session_, texts_.data(), one_missing.data(), 2, values_.data()), RPP_OK);
}

TEST_F(CNull, Rank) {
  make_classifier(dir_, 1, {});
  const Texts one_missing = {"w0", nullptr};
  rpp_session* session = open(load(dir_.path().string()));
  expect_named(rpp_rank(nullptr, "w0", texts_.data(), 2, values_.data(), nullptr), "session");
  expect_named(rpp_rank(session, nullptr, texts_.data(), 2, values_.data(), nullptr), "query");
  expect_named(rpp_rank(session, "w0", nullptr, 2, values_.data(), nullptr), "texts");
  expect_named(rpp_rank(session, "w0", one_missing.data(), 2, values_.data(), nullptr), "text 1");
  expect_named(rpp_rank(session, "w0", texts_.data(), 2, nullptr, nullptr), "scores");
  EXPECT_THAT(values_, testing::Each(-1.0F));
}

TEST_F(CNull, Embed) {
  const Texts one_missing = {"w0", nullptr};
  expect_named(rpp_embed(nullptr, texts_.data(), 2, nullptr, values_.data()), "session");
  expect_named(rpp_embed(session_, nullptr, 2, nullptr, values_.data()), "texts");
  expect_named(rpp_embed(session_, one_missing.data(), 2, nullptr, values_.data()), "text 1");
  expect_named(rpp_embed(session_, texts_.data(), 2, nullptr, nullptr), "embeddings");
  EXPECT_THAT(values_, testing::Each(-1.0F));
  EXPECT_EQ(rpp_embed(session_, nullptr, 0, nullptr, nullptr), RPP_OK);
}

TEST_F(CNull, Ask) {
  rpp_answer answer = {};
  expect_named(rpp_ask(nullptr, "w0", "w1", &answer), "session");
  expect_named(rpp_ask(session_, nullptr, "w1", &answer), "question");
  expect_named(rpp_ask(session_, "w0", nullptr, &answer), "context");
  expect_named(rpp_ask(session_, "w0", "w1", nullptr), "answer");
}

TEST_F(CNull, Fill) {
  rpp_filling filling = {};
  expect_named(rpp_fill(nullptr, "[MASK]", 1, &filling), "session");
  expect_named(rpp_fill(session_, nullptr, 1, &filling), "text");
  expect_named(rpp_fill(session_, "[MASK]", 1, nullptr), "fillings");
}

TEST_F(CNull, Tag) {
  const rpp_entity* entities = nullptr;
  size_t count = 0;
  expect_named(rpp_tag(nullptr, "w0", &entities, &count), "session");
  expect_named(rpp_tag(session_, nullptr, &entities, &count), "text");
  expect_named(rpp_tag(session_, "w0", nullptr, &count), "entities");
  expect_named(rpp_tag(session_, "w0", &entities, nullptr), "count");
}

}  // namespace
}  // namespace rpp
