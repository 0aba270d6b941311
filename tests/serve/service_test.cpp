#include "serve/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base64.h"
#include "data/fake_tokenizer.h"
#include "runtime/edited_config.h"

namespace rpp {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::json;

class ServiceTest : public testing::Test {
 protected:
  ServiceTest()
      : dir_(fmt::format("service_{}", testing::UnitTest::GetInstance()->current_test_info()->line())) {
    make_classifier(dir_, 3, {});
    options_.model.path = dir_.path();
    options_.access_log = "off";
  }

  void serve() { service_ = std::make_unique<Service>(options_); }
  // As the server does it.
  HttpResponse ask(const HttpRequest& request) {
    if (!service_) serve();
    if (auto refusal = service_->refuse(request)) return *refusal;
    return service_->answer(request);
  }
  HttpResponse post(const std::string& path, const Json& body) {
    return ask({.method = "POST", .path = path, .body = body.dump()});
  }
  HttpResponse get(const std::string& path, const std::string& authorization = "") {
    return ask({.method = "GET", .path = path, .authorization = authorization});
  }
  // "422 the message"
  std::string refusal(const std::string& path, const Json& body) {
    const HttpResponse response = post(path, body);
    return fmt::format("{} {}", response.status, response.error);
  }
  // Of the runtime, without a service.
  std::vector<Answer> answers_of(const std::vector<TextLine>& lines, bool embeds) {
    const auto model = RuntimeModel::load(dir_.path());
    const auto tokenizer = make_tokenizer(model->file());
    const auto answerer = embeds ? make_embedder(model, *tokenizer, tokens_embedded(*model))
                                 : make_answerer(model, *tokenizer, tokens_read(*model));
    for (const TextLine& line : lines) answerer->add(line);
    return answerer->answer_added();
  }

  TestDir dir_;
  ServiceOptions options_;
  std::unique_ptr<Service> service_;
};

TEST_F(ServiceTest, EmbeddingsAreThoseOfTheRuntime) {
  const auto expected = answers_of({{.text = "w0 w1"}, {.text = ""}}, true);
  const Json rows = Json::parse(post("/embed", {{"inputs", {"w0 w1", ""}}, {"normalize", false}}).body);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].get<std::vector<float>>(), expected[0].embedding);
  EXPECT_EQ(rows[1].get<std::vector<float>>(), expected[1].embedding);
}

TEST_F(ServiceTest, OpenAisEmbeddingsAreTheSameInBothFormats) {
  const Json floats = Json::parse(post("/v1/embeddings", {{"input", "w0 w1"}, {"dimensions", 4}}).body);
  const Json base64 = Json::parse(
      post("/v1/embeddings", {{"input", "w0 w1"}, {"dimensions", 4}, {"encoding_format", "base64"}}).body);
  const auto row = floats["data"][0]["embedding"].get<std::vector<float>>();
  ASSERT_EQ(row.size(), 4U);
  EXPECT_NEAR(row[0] * row[0] + row[1] * row[1] + row[2] * row[2] + row[3] * row[3], 1, 1e-5);
  EXPECT_EQ(base64["data"][0]["embedding"],
            to_base64({reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float)}));
  EXPECT_EQ(floats["usage"]["total_tokens"], 4);
  EXPECT_EQ(floats["model"], dir_.path().filename().string());
}

TEST_F(ServiceTest, LabelsAreThoseOfTheRuntime) {
  const auto expected = answers_of({{.text = "w0", .text_pair = "w1"}}, false)[0].scores;
  const Json labels = Json::parse(post("/predict", {{"inputs", {"w0", "w1"}}}).body);
  ASSERT_EQ(labels.size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(labels[i]["label"], expected[i].first);
    EXPECT_EQ(labels[i]["score"], expected[i].second);
  }
  EXPECT_EQ(Json::parse(post("/predict", Json::parse(R"({"inputs": [["w0", "w1"]]})")).body)[0], labels);
}

TEST_F(ServiceTest, TheInfoNamesTheLabels) {
  const Json info = Json::parse(get("/info").body);
  EXPECT_EQ(info["model_type"]["classifier"]["id2label"]["2"], "LABEL_2");
  EXPECT_EQ(info["model_type"]["classifier"]["label2id"]["LABEL_2"], 2);
  EXPECT_EQ(info["max_input_length"], 24);
}

TEST_F(ServiceTest, RawScoresAreLogits) {
  const Json labels = Json::parse(post("/predict", {{"inputs", "w0"}, {"raw_scores", true}}).body);
  double sum = 0;
  for (const Json& label : labels) sum += std::exp(label["score"].get<double>());
  const Json scores = Json::parse(post("/predict", {{"inputs", "w0"}}).body);
  EXPECT_NEAR(std::exp(labels[0]["score"].get<double>()) / sum, scores[0]["score"].get<double>(), 1e-9);
}

TEST_F(ServiceTest, ACrossEncoderRanks) {
  make_classifier(dir_, 1, {});
  const auto expected =
      answers_of({{.text = "w0", .text_pair = "w1"}, {.text = "w0", .text_pair = "w2 w1"}}, false);
  const Json ranks =
      Json::parse(post("/rerank", {{"query", "w0"}, {"texts", {"w1", "w2 w1"}}, {"return_text", true}}).body);
  ASSERT_EQ(ranks.size(), 2U);
  EXPECT_GE(ranks[0]["score"].get<double>(), ranks[1]["score"].get<double>());
  for (const Json& rank : ranks) {
    const size_t index = rank["index"];
    EXPECT_EQ(rank["score"], expected[index].scores.front().second);
    EXPECT_EQ(rank["text"], index == 0 ? "w1" : "w2 w1");
  }
  EXPECT_TRUE(Json::parse(get("/info").body)["model_type"].contains("reranker"));
}

TEST_F(ServiceTest, AnswersOnlyWhatTheModelAnswers) {
  EXPECT_THAT(refusal("/rerank", {{"query", "w0"}, {"texts", {"w1"}}}),
              AllOf(HasSubstr("422"), HasSubstr("does not rank texts: serve a cross-encoder")));
  EXPECT_THAT(refusal("/embed", {{"inputs", "w0"}, {"dimensions", 33}}), HasSubstr("422"));
  EXPECT_THAT(refusal("/embed", {{"inputs", "w0"}, {"prompt_name", "absent"}}), HasSubstr("422"));
}

TEST_F(ServiceTest, ALongTextIsRefusedUnlessItMayBeTruncated) {
  std::string longer;
  for (int i = 0; i < 30; ++i) longer += "w0 ";
  EXPECT_EQ(refusal("/embed", {{"inputs", longer}}),
            "413 a text has 32 tokens, 24 are read: shorten it, or allow truncation");
  EXPECT_EQ(post("/embed", {{"inputs", longer}, {"truncate", true}}).num_tokens, 24);
  options_.model.truncate = true;
  serve();
  EXPECT_EQ(post("/embed", {{"inputs", longer}}).status, 200);
  EXPECT_EQ(post("/embed", {{"inputs", longer}, {"truncate", false}}).status, 413);
}

TEST_F(ServiceTest, ARequestHasALimitOfTokens) {
  options_.model.max_request_tokens = 7;
  EXPECT_EQ(post("/embed", {{"inputs", {"w0", "w1 w2"}}}).status, 200);
  EXPECT_EQ(refusal("/embed", {{"inputs", {"w0 w0", "w1 w2"}}}),
            "413 the texts have more than 7 tokens together: send several requests");
  EXPECT_EQ(post("/tokenize", {{"inputs", "w0 w0 w0 w0 w0 w0 w0 w0"}}).status, 413);
}

TEST_F(ServiceTest, LogitsThatAreNotFiniteAreAFailureOfTheModel) {
  const SafetensorsFile golden(golden_dir() / "classifier/model.safetensors");
  std::vector<TensorView> tensors = golden.tensors();
  const std::vector<float> huge(1024, 3e38F);  // finite; the logits are not
  for (TensorView& tensor : tensors) {
    if (tensor.name.starts_with("classifier.")) {
      tensor.data = std::as_bytes(std::span(huge)).first(tensor.data.size());
    }
  }
  save_safetensors(dir_ / "model.safetensors", tensors);
  EXPECT_EQ(post("/predict", {{"inputs", "w0"}}).status, 424);
}

TEST_F(ServiceTest, UnknownPathsAndMethodsAreRefused) {
  EXPECT_EQ(get("/absent").status, 404);
  const HttpResponse response = get("/embed");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers, (decltype(response.headers){{"Allow", "POST"}}));
  EXPECT_EQ(ask({.method = "HEAD", .path = "/health"}).status, 200);
}

TEST_F(ServiceTest, KeysAreNeededExceptForTheHealth) {
  dir_.write("keys", "secret\n");
  options_.api_keys = dir_ / "keys";
  EXPECT_EQ(get("/health").status, 200);
  EXPECT_EQ(get("/info").status, 401);
  EXPECT_EQ(get("/info", "Bearer wrong").status, 401);
  EXPECT_EQ(get("/info", "Bearer secret").status, 200);
}

TEST_F(ServiceTest, TheHealthSaysThatItShutsDown) {
  EXPECT_EQ(get("/health").status, 200);
  service_->begin_shutdown();
  EXPECT_EQ(get("/health").status, 503);
}

TEST_F(ServiceTest, AReloadAnswersWithTheNewModel) {
  EXPECT_EQ(Json::parse(post("/predict", {{"inputs", "w0"}}).body).size(), 3U);
  make_classifier(dir_, 1, {});
  EXPECT_EQ(service_->reload(), "");
  EXPECT_EQ(Json::parse(post("/predict", {{"inputs", "w0"}}).body).size(), 1U);
}

TEST_F(ServiceTest, AFailedReloadKeepsTheModel) {
  const std::string before = post("/predict", {{"inputs", "w0"}}).body;
  dir_.write("config.json", "{");
  EXPECT_THAT(service_->reload(), HasSubstr("config.json"));
  EXPECT_EQ(post("/predict", {{"inputs", "w0"}}).body, before);
  EXPECT_THAT(get("/metrics").body, HasSubstr("rpp_serve_reloads_total{result=\"failed\"} 1\n"));
}

TEST_F(ServiceTest, OtherPathsAreCountedAsOne) {
  serve();
  service_->finished({.path = "/absent", .status = 404});
  service_->finished({.path = "/\"", .status = 404});
  EXPECT_THAT(get("/metrics").body, HasSubstr("rpp_serve_requests_total{path=\"other\",status=\"404\"} 2\n"));
}

TEST_F(ServiceTest, EveryPathIsDescribed) {
  const Json described = Json::parse(get("/openapi.json").body)["paths"];
  for (const auto& path : described.items()) {
    const bool is_get = path.value().contains("get");
    const int status = ask({.method = is_get ? "GET" : "POST", .path = path.key(), .body = "{}"}).status;
    EXPECT_EQ(status, is_get ? 200 : 422) << path.key();
    EXPECT_THAT(get("/absent").error, HasSubstr(path.key()));
  }
}

}  // namespace
}  // namespace rpp
