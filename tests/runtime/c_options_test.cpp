// Options structs of the C interface, of this, older and newer versions of the header.
#include <gtest/gtest.h>

#include <cstddef>

#include "c_api.h"

namespace rpp {
namespace {

using COptions = CApi;

TEST_F(COptions, ZeroedFieldsAreTheDefaults) {
  const rpp_model* model = load(exported("classifier"));
  std::string long_text;
  for (int i = 0; i < 40; ++i) long_text += "w1 ";
  const rpp_session_options sized = {.size = sizeof sized};
  const auto usual = scores(open(model), {long_text.c_str(), "w2"});  // truncated, not refused
  EXPECT_EQ(scores(open(model, &sized), {long_text.c_str(), "w2"}), usual);
}

// A caller compiled with a shorter struct has unrelated bytes after it.
TEST_F(COptions, FieldsBeyondTheCallersSizeAreNotRead) {
  const std::string path = exported("classifier");
  const rpp_model* model = load(path);
  const auto usual = scores(open(model), {"w1 w2"});
  const rpp_session_options shorter = {.size = offsetof(rpp_session_options, max_tokens),
                                       .num_threads = 1,
                                       .max_tokens = -5,
                                       .refuse_longer = 1};
  EXPECT_EQ(scores(open(model, &shorter), {"w1 w2"}), usual);
  const rpp_session_options size_alone = {.size = sizeof(size_t), .num_threads = -1};
  EXPECT_EQ(scores(open(model, &size_alone), {"w1 w2"}), usual);
  const rpp_load_options without_int8 = {.size = offsetof(rpp_load_options, int8), .int8 = 1};
  EXPECT_EQ(scores(open(load(path, &without_int8)), {"w1 w2"}), usual);
}

TEST_F(COptions, NewerStructsAreReadUnlessTheySetAnUnknownField) {
  const rpp_model* model = load(exported("classifier"));
  struct {
    rpp_session_options known;
    int32_t added;
    int32_t also_added;
  } newer = {.known = {.size = sizeof newer, .max_tokens = 8}, .added = 0, .also_added = 0};
  const auto cut = scores(open(model, &newer.known), {"w0 w1 w2 w0 w1 w2 w0"});
  EXPECT_EQ(cut, scores(open(model), {"w0 w1 w2 w0 w1 w2"}));
  newer.also_added = 1;
  rpp_session* none = nullptr;
  EXPECT_EQ(rpp_open(model, &newer.known, &none), RPP_USAGE_ERROR);
  EXPECT_EQ(std::string(rpp_last_error()), std::string("rpp_session_options sets a field that version ") +
                                               rpp_version() +
                                               " of the library does not have: use a newer one");
}

TEST_F(COptions, AMissingOrImpossibleSizeIsRefused) {
  const std::string path = exported("classifier");
  rpp_model* model = load(path);
  rpp_session* session = nullptr;
  const Texts texts = {"w0"};
  std::vector<float> values(32);
  for (const size_t size : {size_t{0}, size_t{7}, size_t{4097}, SIZE_MAX}) {
    const std::string expected = "size is " + std::to_string(size) + ": set it to sizeof(";
    const rpp_load_options load_options = {.size = size};
    rpp_model* none = model;
    EXPECT_EQ(rpp_load(path.c_str(), &load_options, &none), RPP_USAGE_ERROR);
    EXPECT_EQ(std::string(rpp_last_error()), expected + "rpp_load_options)");
    EXPECT_EQ(none, nullptr);
    const rpp_session_options session_options = {.size = size};
    EXPECT_EQ(rpp_open(model, &session_options, &session), RPP_USAGE_ERROR);
    EXPECT_EQ(std::string(rpp_last_error()), expected + "rpp_session_options)");
    const rpp_embed_options embed_options = {.size = size};
    EXPECT_EQ(rpp_embed(open(model), texts.data(), 1, &embed_options, values.data()), RPP_USAGE_ERROR);
    EXPECT_EQ(std::string(rpp_last_error()), expected + "rpp_embed_options)");
  }
}

TEST_F(COptions, ValuesOfASessionHaveLimits) {
  const rpp_model* model = load(exported("classifier"));
  const auto error_of = [&](rpp_session_options options) {
    options.size = sizeof options;
    rpp_session* session = nullptr;
    EXPECT_EQ(rpp_open(model, &options, &session), RPP_USAGE_ERROR);
    return std::string(rpp_last_error());
  };
  EXPECT_EQ(error_of({.num_threads = 1025}), "num_threads is 1025, it must be 0 to 1024");
  EXPECT_EQ(error_of({.num_threads = -1}), "num_threads is -1, it must be 0 to 1024");
  EXPECT_EQ(error_of({.max_tokens = -1}), "max_tokens is -1, it may not be negative");
  EXPECT_EQ(error_of({.max_tokens = 7}), "max_tokens is 7, this model takes 8 to 24");
  EXPECT_EQ(error_of({.max_tokens = 25}), "max_tokens is 25, this model takes 8 to 24");
  EXPECT_EQ(error_of({.num_threads = 1024, .max_tokens = 7}), "max_tokens is 7, this model takes 8 to 24");
  EXPECT_EQ(error_of({.max_tokens_per_pass = -1}), "max_tokens_per_pass is -1, it may not be negative");
  EXPECT_EQ(error_of({.reserved = 1}), "reserved is 1, it must be 0");
  for (const int32_t max_tokens : {8, 24}) {
    const rpp_session_options allowed = {.size = sizeof allowed, .max_tokens = max_tokens};
    open(model, &allowed);
  }
}

TEST_F(COptions, ValuesOfAnEmbeddingHaveLimits) {
  const std::string path = exported("classifier");
  rpp_session* session = open(load(path));
  const Texts texts = {"w0"};
  std::vector<float> untouched(32, -1.0F);
  const auto error_of = [&](rpp_embed_options options) {
    options.size = sizeof options;
    EXPECT_EQ(rpp_embed(session, texts.data(), 1, &options, untouched.data()), RPP_USAGE_ERROR);
    return std::string(rpp_last_error());
  };
  EXPECT_EQ(error_of({.dimensions = 33}), "dimensions is 33, the model's embeddings have 32");
  EXPECT_EQ(error_of({.dimensions = -1}), "dimensions is -1, the model's embeddings have 32");
  EXPECT_EQ(error_of({.normalize = 3}), "normalize is 3, it must be 0 to 2");
  EXPECT_EQ(error_of({.prompt = "query"}), path + " has no prompt 'query'; its prompts: none");
  EXPECT_EQ(untouched, std::vector<float>(32, -1.0F));
}

}  // namespace
}  // namespace rpp
