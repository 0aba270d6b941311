// Embeddings in C: what the options choose, and passes of bounded memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "c_api.h"
#include "edited_config.h"
#include "peak_memory_bound.h"
#include "rpp/answerer.h"

namespace rpp {
namespace {

constexpr size_t kSize = 32;

// The golden encoder as a sentence-transformers model whose embeddings have length 1, with two prompts.
class CEmbed : public CApi {
 protected:
  CEmbed() {
    make_classifier(dir_, 3, {});
    std::filesystem::create_directory(dir_ / "1_Pooling");
    dir_.write("1_Pooling/config.json", R"({"pooling_mode_mean_tokens": true})");
    dir_.write("modules.json", R"([
      {"path": "", "type": "sentence_transformers.models.Transformer"},
      {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
      {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])");
    dir_.write("config_sentence_transformers.json",
               R"({"prompts": {"query": "w2 ", "passage": "w1 "}, "default_prompt_name": "query"})");
    model_ = load(dir_.path().string());
  }

  std::vector<float> embed(rpp_embed_options options, const Texts& texts = {"w0 w1"},
                           rpp_session* session = nullptr) {
    options.size = sizeof options;
    const size_t size = options.dimensions > 0 ? static_cast<size_t>(options.dimensions) : kSize;
    std::vector<float> values(texts.size() * size);
    if (session == nullptr) session = open(model_);
    EXPECT_EQ(rpp_embed(session, texts.data(), texts.size(), &options, values.data()), RPP_OK)
        << rpp_last_error();
    return values;
  }

  // As rpp-predict computes it.
  std::vector<float> expected(const EmbedOptions& options) {
    const auto runtime = RuntimeModel::load(dir_.path());
    const auto tokenizer = make_tokenizer(runtime->file());
    const auto embedder = make_embedder(runtime, *tokenizer, tokens_embedded(*runtime), 1, options);
    embedder->add({.text = "w0 w1"});
    return embedder->answer_added().front().embedding;
  }

  rpp_model* model_ = nullptr;
};

double length_of(std::span<const float> vector) {
  double squares = 0;
  for (const float value : vector) squares += double{value} * value;
  return std::sqrt(squares);
}

TEST_F(CEmbed, APromptIsChosenByItsName) {
  EXPECT_EQ(embed({.prompt = "passage"}), expected({.prompt = "passage"}));
  EXPECT_EQ(embed({.prompt = "query"}), embed({}));  // the default
  EXPECT_EQ(embed({.prompt = ""}), embed({}));
  EXPECT_NE(embed({.prompt = "passage"}), embed({}));
}

TEST_F(CEmbed, DimensionsAreTheFirstOfTheWholeEmbedding) {
  const auto whole = embed({}), first = embed({.dimensions = 8});
  EXPECT_EQ(first, std::vector<float>(whole.begin(), whole.begin() + 8));
  const auto two = embed({.dimensions = 8}, {"w0 w1", "w2"});
  EXPECT_EQ(std::vector<float>(two.begin(), two.begin() + 8), first);
  EXPECT_EQ(std::vector<float>(two.begin() + 8, two.end()), embed({.dimensions = 8}, {"w2"}));
  EXPECT_EQ(embed({.dimensions = 32}), whole);
}

TEST_F(CEmbed, LengthsAreAsTheFilesSayOrAsAsked) {
  EXPECT_NEAR(length_of(embed({})), 1, 1e-6);
  EXPECT_LT(length_of(embed({.dimensions = 8})), 0.99);
  EXPECT_NEAR(length_of(embed({.dimensions = 8, .normalize = RPP_NORMALIZE_YES})), 1, 1e-6);
  EXPECT_GT(length_of(embed({.normalize = RPP_NORMALIZE_NO})), 1.01);
  EXPECT_EQ(embed({.dimensions = 8, .normalize = RPP_NORMALIZE_YES}),
            expected({.dimensions = 8, .normalize = true}));
  EXPECT_EQ(embed({.normalize = RPP_NORMALIZE_NO}), expected({.normalize = false}));
}

TEST_F(CEmbed, ThePassesOfARequestDoNotChangeABit) {
  Texts texts;
  for (int i = 0; i < 20; ++i) texts.insert(texts.end(), {"w0", "w0 w1 w2 w2 w1", "", "w2 w0"});
  const auto usual = embed({}, texts);
  for (const int32_t tokens : {1, 9, 10, 64, 1'000'000}) {
    const rpp_session_options options = {.size = sizeof options, .max_tokens_per_pass = tokens};
    EXPECT_EQ(embed({}, texts, open(model_, &options)), usual) << tokens;
  }
}

// 100,000 tokens: one pass over them would take 100 MB.
TEST_F(CEmbed, APassBoundsTheMemoryOfARequest) {
  const Texts texts(20'000, "w0 w1");
  const rpp_session_options options = {.size = sizeof options, .num_threads = 1, .max_tokens_per_pass = 256};
  rpp_session* session = open(model_, &options);
  std::vector<float> values(texts.size() * kSize);
  const int64_t grown = test::peak_growth(
      [&] { ASSERT_EQ(rpp_embed(session, texts.data(), texts.size(), nullptr, values.data()), RPP_OK); });
  EXPECT_LT(grown, 8'000'000);
}

}  // namespace
}  // namespace rpp
