// The answers of rpp-serve: which path does what. docs/serve.md describes the protocol.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "serve/access_log.h"
#include "serve/api_keys.h"
#include "serve/http.h"
#include "serve/metrics.h"
#include "serve/request_error.h"
#include "serve/served_model.h"

namespace rpp {

struct ServiceOptions {
  ServedModelOptions model;
  std::string model_name;   // in answers; empty: that of the file
  size_t max_texts = 1024;  // of a request
  int64_t max_body_bytes = 2'000'000;
  std::filesystem::path api_keys;  // empty: none is needed
  std::filesystem::path access_log = "-";
};

class Service : public HttpHandler {
 public:
  // Loads the model. Throws Error as ServedModel, ApiKeys and AccessLog.
  explicit Service(const ServiceOptions& options);

  // Loads the model and the keys again; requests that have begun get their answer from the old model. If that
  // fails nothing changes. Returns the reason, which is logged and counted too; empty: it is loaded.
  std::string reload();
  // From now on /health is 503, and no text waits for others to share its batch.
  void begin_shutdown();

  std::shared_ptr<ServedModel> model() const;

  std::optional<HttpResponse> refuse(const HttpRequest& head) override;
  HttpResponse answer(const HttpRequest& request) override;
  HttpResponse failure(const std::string& path, int status, const std::string& why) override;
  void finished(const HttpRecord& record) override;

 private:
  struct Route;
  static const std::vector<Route>& routes();
  static const Route* find_route(std::string_view path);

  std::string model_name(const ServedModel& model) const;

  HttpResponse health(const HttpRequest& request);
  HttpResponse info(const HttpRequest& request);
  HttpResponse models(const HttpRequest& request);
  HttpResponse metrics(const HttpRequest& request);
  HttpResponse openapi(const HttpRequest& request);
  HttpResponse openai_embeddings(const HttpRequest& request);
  HttpResponse embed(const HttpRequest& request);
  HttpResponse rerank(const HttpRequest& request);
  HttpResponse predict(const HttpRequest& request);
  HttpResponse tokenize(const HttpRequest& request);

  ServiceOptions options_;
  Metrics metrics_;
  AccessLog access_log_;
  mutable std::mutex mutex_;  // of what a reload replaces
  ApiKeys api_keys_;
  std::shared_ptr<ServedModel> model_;
  std::atomic<bool> is_shutting_down_ = false;
};

}  // namespace rpp
