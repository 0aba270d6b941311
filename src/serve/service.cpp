#include "serve/service.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "bert_format/model_labels.h"
#include "core/version.h"
#include "program/log.h"
#include "serve/answers.h"
#include "serve/openapi.h"
#include "serve/request.h"

namespace rpp {

struct Service::Route {
  std::string_view method, path;
  HttpResponse (Service::*answer)(const HttpRequest&);
  bool is_open = false;  // needs no key
};

namespace {

HttpResponse refusal(std::string_view path, int status, Refusal kind, const std::string& why) {
  return {.status = status, .body = error_json(path, status, kind, why), .error = why};
}

HttpResponse computed(std::string body, const Job& job) {
  return {.body = std::move(body),
          .num_texts = static_cast<int64_t>(job.sequences().size()),
          .num_tokens = job.num_tokens()};
}

// The labels of a row, with their logits instead of their scores if these are wanted.
LabelScores scores_in(std::span<const float> logits, Labels labels, bool raw_scores) {
  if (raw_scores) labels.function = ScoreFunction::none;
  return scores_of(labels, logits);
}

}  // namespace

Service::Service(const ServiceOptions& options) : options_(options), access_log_(options.access_log) {
  options_.model.batcher.on_batch = [this](const Batch& batch) {
    int64_t num_tokens = 0;
    for (const QueuedSequence& item : batch) num_tokens += item.sequence().num_tokens();
    metrics_.add_batch(static_cast<int64_t>(batch.size()), num_tokens);
  };
  if (!options_.api_keys.empty()) api_keys_ = ApiKeys(options_.api_keys);
  model_ = std::make_shared<ServedModel>(options_.model);
}

void Service::begin_shutdown() {
  is_shutting_down_ = true;
  model()->stop_waiting();
}

std::string Service::reload() {
  std::string why;
  try {
    access_log_.reopen();
    ApiKeys keys = options_.api_keys.empty() ? ApiKeys() : ApiKeys(options_.api_keys);
    auto model = std::make_shared<ServedModel>(options_.model);
    const std::lock_guard lock(mutex_);
    std::swap(model_, model);  // the old one is freed by the last request that uses it
    api_keys_ = std::move(keys);
  } catch (const std::exception& error) {
    why = error.what();
  }
  metrics_.add_reload(why.empty());
  if (why.empty()) log::info("reloaded {}", options_.model.path.string());
  if (!why.empty()) log::error("cannot reload, the old model stays in use: {}", why);
  return why;
}

std::shared_ptr<ServedModel> Service::model() const {
  const std::lock_guard lock(mutex_);
  return model_;
}

std::string Service::model_name(const ServedModel& model) const {
  return options_.model_name.empty() ? model.name() : options_.model_name;
}

const std::vector<Service::Route>& Service::routes() {
  static const std::vector<Route> routes = {{"GET", "/health", &Service::health, /*is_open=*/true},
                                            {"GET", "/info", &Service::info},
                                            {"GET", "/metrics", &Service::metrics},
                                            {"GET", "/openapi.json", &Service::openapi},
                                            {"GET", "/v1/models", &Service::models},
                                            {"POST", "/v1/embeddings", &Service::openai_embeddings},
                                            {"POST", "/embed", &Service::embed},
                                            {"POST", "/rerank", &Service::rerank},
                                            {"POST", "/predict", &Service::predict},
                                            {"POST", "/tokenize", &Service::tokenize}};
  return routes;
}

const Service::Route* Service::find_route(std::string_view path) {
  const auto route = std::ranges::find(routes(), path, &Route::path);
  return route == routes().end() ? nullptr : &*route;
}

std::optional<HttpResponse> Service::refuse(const HttpRequest& head) {
  const Route* route = find_route(head.path);
  if (route == nullptr) {
    std::vector<std::string_view> paths;
    for (const Route& known : routes()) paths.push_back(known.path);
    return failure(head.path, 404, fmt::format("there is no such path; paths: {}", fmt::join(paths, ", ")));
  }
  const bool is_known = head.method == route->method || (head.method == "HEAD" && route->method == "GET");
  if (!is_known) {
    HttpResponse response = failure(head.path, 405, fmt::format("{} takes {}", route->path, route->method));
    response.headers.emplace_back("Allow", route->method == "GET" ? "GET, HEAD" : route->method);
    return response;
  }
  const std::lock_guard lock(mutex_);
  if (route->is_open || api_keys_.allow(head.authorization)) return std::nullopt;
  HttpResponse response =
      failure(head.path, 401, "the API key is missing or wrong: send the header Authorization: Bearer KEY");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

HttpResponse Service::answer(const HttpRequest& request) {
  try {
    return (this->*find_route(request.path)->answer)(request);
  } catch (const RequestError& error) {
    HttpResponse response = refusal(request.path, error.status(), error.refusal(), error.what());
    if (error.status() == 429) response.headers.emplace_back("Retry-After", "1");
    return response;
  }
}

HttpResponse Service::failure(const std::string& path, int status, const std::string& why) {
  return refusal(path, status, status >= 500 ? Refusal::backend : Refusal::validation, why);
}

void Service::finished(const HttpRecord& record) {
  metrics_.add_request(find_route(record.path) == nullptr ? "other" : record.path, record);
  access_log_.write(record);
}

HttpResponse Service::health(const HttpRequest& request) {
  if (is_shutting_down_) return refusal(request.path, 503, Refusal::unhealthy, "the server is shutting down");
  return {.body = R"({"status":"ok"})"};
}

HttpResponse Service::info(const HttpRequest&) {
  const auto served = model();
  nlohmann::ordered_json type = {
      {"embedding", {{"size", served->embedding().size(served->runtime().sizes().hidden)}}}};
  if (served->classifies()) {
    const auto& names = served->require_labels().names;
    type = {{names.size() == 1 ? "reranker" : "classifier", name_keys(names)}};
  }
  const BatchLimits& limits = options_.model.batcher.limits;
  const bool is_int8 = options_.model.arithmetic == RuntimeOptions::Arithmetic::int8;
  const nlohmann::ordered_json info = {
      {"model_id", model_name(*served)},
      {"model_sha", nullptr},
      {"model_dtype", is_int8 ? "int8" : "float32"},
      {"model_type", type},
      {"max_input_length", served->classifies() ? served->max_read() : served->max_embedded()},
      {"max_batch_tokens", limits.max_tokens},
      {"max_client_batch_size", options_.max_texts},
      {"max_request_tokens", options_.model.max_request_tokens},
      {"max_queued_tokens", limits.max_queued_tokens},
      {"max_body_bytes", options_.max_body_bytes},
      {"auto_truncate", served->truncates()},
      {"sessions", options_.model.batcher.num_sessions},
      {"threads_per_session", options_.model.batcher.threads_per_session},
      {"kernels", served->runtime().kernels()},
      {"version", version_string()}};
  return {.body = info.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
}

HttpResponse Service::models(const HttpRequest&) {
  const nlohmann::ordered_json list = {
      {"object", "list"},
      {"data", {{{"id", model_name(*model())}, {"object", "model"}, {"created", 0}, {"owned_by", "rpp"}}}}};
  return {.body = list.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
}

HttpResponse Service::metrics(const HttpRequest&) {
  const Batcher::Length queued = model()->queued();
  return {.body = metrics_.text({.texts = queued.sequences, .tokens = queued.tokens}),
          .content_type = "text/plain; version=0.0.4; charset=utf-8"};
}

HttpResponse Service::openapi(const HttpRequest&) {
  return {.body = std::string(kOpenApi)};
}

HttpResponse Service::openai_embeddings(const HttpRequest& request) {
  const EmbeddingRequest asked = parse_openai_embeddings(request.body, options_.max_texts);
  const auto served = model();
  const auto job = served->embedding_job(asked.texts, served->choose(asked.options), asked.truncate);
  const auto& rows = served->run(job);
  const std::string name = model_name(*served);
  return computed(
      openai_embeddings_json(rows, {.model = name, .base64 = asked.base64, .num_tokens = job->num_tokens()}),
      *job);
}

HttpResponse Service::embed(const HttpRequest& request) {
  const EmbeddingRequest asked = parse_embed(request.body, options_.max_texts);
  const auto served = model();
  const auto job = served->embedding_job(asked.texts, served->choose(asked.options), asked.truncate);
  return computed(embeddings_json(served->run(job)), *job);
}

HttpResponse Service::rerank(const HttpRequest& request) {
  const RerankRequest asked = parse_rerank(request.body, options_.max_texts);
  const auto served = model();
  served->require_ranker();
  std::vector<TextLine> lines;
  for (const std::string& text : asked.texts) lines.push_back({.text = asked.query, .text_pair = text});
  const auto job = served->logits_job(lines, asked.truncate);
  const auto& rows = served->run(job);
  std::vector<RankedText> ranked;
  for (size_t i = 0; i < rows.size(); ++i) {
    const double score = scores_in(rows[i], served->require_labels(), asked.raw_scores).front().second;
    ranked.push_back({.index = i, .score = score, .text = asked.return_text ? &asked.texts[i] : nullptr});
  }
  std::ranges::stable_sort(ranked, std::greater(), &RankedText::score);
  return computed(ranks_json(ranked), *job);
}

HttpResponse Service::predict(const HttpRequest& request) {
  const PredictRequest asked = parse_predict(request.body, options_.max_texts);
  const auto served = model();
  const Labels& labels = served->require_labels();
  const auto job = served->logits_job(asked.lines, asked.truncate);
  std::vector<std::string> answers;
  for (const auto& row : served->run(job)) {
    answers.push_back(labels_json(scores_in(row, labels, asked.raw_scores)));
  }
  return computed(asked.is_batch ? fmt::format("[{}]", fmt::join(answers, ",")) : answers.front(), *job);
}

HttpResponse Service::tokenize(const HttpRequest& request) {
  const TokenizeRequest asked = parse_tokenize(request.body, options_.max_texts);
  const auto served = model();
  const std::string prompt = asked.prompt.empty() ? "" : served->choose({.prompt = asked.prompt}).prompt;
  std::vector<std::string> answers;
  int64_t num_tokens = 0;
  for (const std::string& text : asked.texts) {
    const std::string whole = prompt + text;
    const EncodedText encoded = served->tokenizer().encode_with_offsets(whole);
    num_tokens += static_cast<int64_t>(encoded.ids.size());
    served->check_tokens(num_tokens);
    answers.push_back(tokens_json(encoded, {.text = whole, .has_special_tokens = asked.add_special_tokens},
                                  served->tokenizer()));
  }
  return {.body = fmt::format("[{}]", fmt::join(answers, ",")),
          .num_texts = static_cast<int64_t>(asked.texts.size()),
          .num_tokens = num_tokens};
}

}  // namespace rpp
