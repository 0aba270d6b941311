// rpp-serve: serves a model over HTTP.
#include <chrono>
#include <thread>

#include "bert_format/model_path.h"
#include "core/stop_signal.h"
#include "core/usable_cpus.h"
#include "options.h"
#include "program/log.h"
#include "program/run_main.h"
#include "serve/http_server.h"
#include "serve/reload_signal.h"
#include "serve/service.h"
#include "tool_main.h"

namespace rpp {
namespace {

constexpr auto kSignalPoll = std::chrono::milliseconds(50);

struct Arguments {
  ServiceOptions service;
  HttpServerOptions server;
  int num_sessions = 0, num_threads = 0;
  int64_t max_wait_ms = 0, idle_timeout_ms = 30'000, client_timeout_ms = 30'000;
};

void set_sessions(const Arguments& arguments, BatcherOptions& batcher) {
  const int cpus = arguments.num_threads > 0 ? arguments.num_threads : usable_cpus();
  batcher.num_sessions = arguments.num_sessions > 0 ? arguments.num_sessions : cpus;
  batcher.threads_per_session = std::max(1, cpus / batcher.num_sessions);
}

void handle_signals(const StopSignal& stop, Service& service) {
  ReloadSignal reload;
  while (!stop.requested()) {
    if (reload.take()) service.reload();
    std::this_thread::sleep_for(kSignalPoll);
  }
}

int serve(Arguments& arguments) {
  require_model(arguments.service.model.path);
  BatcherOptions& batcher = arguments.service.model.batcher;
  set_sessions(arguments, batcher);
  batcher.limits.max_wait = std::chrono::milliseconds(arguments.max_wait_ms);
  arguments.server.max_body_bytes = arguments.service.max_body_bytes;
  arguments.server.client.idle = std::chrono::milliseconds(arguments.idle_timeout_ms);
  arguments.server.client.transfer = std::chrono::milliseconds(arguments.client_timeout_ms);

  Service service(arguments.service);
  HttpServer server(arguments.server, service);
  const StopSignal stop({.notice = "rpp-serve: finishing the requests in progress, then exiting\n"});
  std::jthread answering([&] { server.run(); });
  log::info("serving {} at http://{}:{} with {} sessions of {} threads", service.model()->name(),
            arguments.server.host, server.port(), batcher.num_sessions, batcher.threads_per_session);
  handle_signals(stop, service);
  service.begin_shutdown();
  server.stop();
  return 0;
}

CLI::Option* add_limit(CLI::App& app, const std::string& name, int64_t& limit, const std::string& help) {
  return app.add_option(name, limit, help)
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40))
      ->capture_default_str();
}

void add_batch_options(CLI::App& app, Arguments& arguments) {
  ServedModelOptions& model = arguments.service.model;
  BatchLimits& limits = model.batcher.limits;
  app.add_option("--sessions", arguments.num_sessions,
                 "batches computed at the same time; 0: one per core. Fewer sessions have several cores "
                 "each: lower latency, lower throughput")
      ->check(CLI::Range(0, kMaxThreads));
  add_threads(app, arguments.num_threads, "cores of all sessions together; 0: all that the process may use");
  add_limit(app, "--max-batch-tokens", limits.max_tokens, "tokens of a batch");
  app.add_option("--max-wait-ms", arguments.max_wait_ms,
                 "how long a text may wait for others to share its batch while a session is idle")
      ->check(CLI::Range(int64_t{0}, int64_t{10'000}))
      ->capture_default_str();
  add_limit(app, "--max-queue-tokens", limits.max_queued_tokens,
            "tokens in the queue; if it is full, requests get 429");
  add_limit(app, "--max-request-tokens", model.max_request_tokens,
            "tokens of a request; larger requests get 413");
  app.add_flag(
      "--truncate", model.truncate,
      "truncate texts that are too long, unless the request sets `truncate`; by default they get 413");
  app.add_flag_callback(
      "--int8", [&] { model.arithmetic = RuntimeOptions::Arithmetic::int8; },
      "compute the layers in int8: faster, results differ slightly");
}

void add_options(CLI::App& app, Arguments& arguments) {
  ServiceOptions& service = arguments.service;
  HttpServerOptions& server = arguments.server;
  add_model(app, service.model.path,
            "model file of rpp-export, output directory of rpp-finetune, or any Hugging Face directory");
  app.add_option("--model-name", service.model_name,
                 "the model's name in answers; default: the name of the file or directory");
  app.add_option("--host", server.host, "address to listen on")->capture_default_str();
  app.add_option("--port", server.port, "port to listen on; 0: a free port, which the log names")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  add_batch_options(app, arguments);
  app.add_option("--max-texts", service.max_texts, "texts of a request; larger requests get 413")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_limit(app, "--max-body-bytes", service.max_body_bytes, "bytes of a request body; larger ones get 413");
  app.add_option("--max-connections", server.max_connections,
                 "open connections, a thread for each; more clients have to wait")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  add_limit(app, "--client-timeout-ms", arguments.client_timeout_ms,
            "time for a client to send a whole request, and to read the whole answer");
  add_limit(app, "--idle-timeout-ms", arguments.idle_timeout_ms,
            "time after which a connection without requests is closed");
  app.add_option("--api-key-file", service.api_keys,
                 "one key per line; clients send the header Authorization: Bearer KEY");
  app.add_option("--access-log", service.access_log,
                 "file for one line of JSON per request; -: standard error, off: no log")
      ->capture_default_str();
  app.footer(
      "SIGTERM: finishes the requests in progress, then exits. SIGHUP: reloads the model and the keys.\n"
      "Paths: POST /v1/embeddings, /embed, /rerank, /predict, /tokenize; GET /health, /info, /metrics,\n"
      "/openapi.json. docs/serve.md describes them.\n"
      "Examples:\n"
      "  rpp-serve --model minilm.rpp\n"
      "  rpp-serve --model reranker.rpp --host 0.0.0.0 --port 80 --api-key-file keys.txt\n"
      "  curl -d '{\"inputs\": \"a gripping, funny film\"}' http://127.0.0.1:8080/embed");
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-serve", [&] {
    rpp::init_logging();
    rpp::Arguments arguments;
    CLI::App app{"Serves a model over HTTP: embeddings, labels, rankings.", "rpp-serve"};
    rpp::add_options(app, arguments);
    if (!rpp::parse_command_line(app, argc, argv)) return 0;
    return rpp::serve(arguments);
  });
}
