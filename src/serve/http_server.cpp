#include "serve/http_server.h"

#include <httplib.h>
#include <sys/eventfd.h>

#include <atomic>
#include <charconv>
#include <chrono>

#include "program/log.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using httplib::Request, httplib::Response;

constexpr int kListenBacklog =
    1024;  // with httplib's 5, a burst of clients waits a second for its connections
constexpr int64_t kChunkOverhead = 2;  // a chunked body may have this many times its bytes

// A client's connection as httplib reads and writes it.
class ClientStream : public httplib::Stream {
 public:
  explicit ClientStream(ClientSocket& client) : client_(client) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* bytes, size_t size) override { return client_.read(bytes, size); }
  ssize_t write(const char* bytes, size_t size) override {
    return client_.write(bytes, size) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = client_.peer_address();
    port = client_.peer_port();
  }
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }  // httplib refuses numbers that select() cannot take

 private:
  ClientSocket& client_;
};

// One request and its answer.
struct Exchange {
  ClientSocket& client;
  HttpRecord record = {};
  bool has_head = false, has_body = false;
  bool is_body_read = false, is_answered = false;
};

// httplib's callbacks get no context of their own; a connection has one thread.
thread_local Exchange* current = nullptr;

// Counts the connections that no thread has taken yet.
class ConnectionThreads : public httplib::ThreadPool {
 public:
  ConnectionThreads(size_t num_threads, std::atomic<int>& num_waiting)
      : ThreadPool(num_threads), num_waiting_(num_waiting) {}

  void enqueue(std::function<void()> work) override {
    ++num_waiting_;
    ThreadPool::enqueue([this, work = std::move(work)] {
      --num_waiting_;
      work();
    });
  }

 private:
  std::atomic<int>& num_waiting_;
};

std::optional<int64_t> parse_length(const std::string& text) {
  int64_t length = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && text[0] != '-';
  return is_number ? std::optional(length) : std::nullopt;
}

bool has_body(const Request& request) {
  if (request.has_header("Transfer-Encoding")) return true;
  return request.has_header("Content-Length") && request.get_header_value("Content-Length") != "0";
}

HttpRequest head_of(const Request& request) {
  return {.method = request.method,
          .path = request.path,
          .authorization = request.get_header_value("Authorization"),
          .body = {}};
}

std::string reason_for(int status) {
  if (status == 414) return "the address is too long";
  if (status == 416) return "the header Range is not understood: leave it out";
  if (status == 400) return "this is not an HTTP request";
  return "an internal error";
}

}  // namespace

class HttpServer::Server : public httplib::Server {
 public:
  Server(const HttpServerOptions& options, HttpHandler& handler);
  ~Server() override;

  int port() const { return port_; }
  void run();
  void end();

 private:
  void listen_on(const std::string& host, int port);
  bool process_and_close_socket(socket_t fd) override;
  bool answer_one(ClientSocket& client);
  void give(const HttpResponse& answer, Response& response);
  void fail_request(int status, const std::string& why, Response& response);
  bool refuse(const Request& request, Response& response);
  std::optional<HttpResponse> fault_of_head(const Request& request) const;
  void answer(HttpRequest request, Response& response);
  void answer_body(const Request& request, Response& response, const httplib::ContentReader& reader);
  void refuse_silent_request(Exchange& exchange);

  HttpServerOptions options_;
  HttpHandler& handler_;
  int stop_event_ = ::eventfd(0, EFD_CLOEXEC);
  std::atomic<int> num_waiting_ = 0;
  std::atomic<bool> is_stopping_ = false;
  int port_ = 0;
  std::atomic<int> listening_ = -1;
};

HttpServer::Server::Server(const HttpServerOptions& options, HttpHandler& handler)
    : options_(options), handler_(handler) {
  options_.client.max_body_bytes = kChunkOverhead * options.max_body_bytes + options.client.max_head_bytes;
  new_task_queue = [this] {
    return new ConnectionThreads(static_cast<size_t>(options_.max_connections), num_waiting_);
  };
  set_tcp_nodelay(true);
  // Without SO_REUSEPORT, with which two services share a port unnoticed.
  set_socket_options([](socket_t fd) {
    const int yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  set_keep_alive_max_count(1'000'000);  // both are only announced: wait_for_request decides
  set_keep_alive_timeout(std::chrono::duration_cast<std::chrono::seconds>(options.client.idle).count());
  set_pre_routing_handler([this](const Request& request, Response& response) {
    return refuse(request, response) ? HandlerResponse::Handled : HandlerResponse::Unhandled;
  });
  set_expect_100_continue_handler([this](const Request& request, Response& response) {
    return refuse(request, response) ? response.status : 100;
  });
  Get(".*", [this](const Request& request, Response& response) { answer(head_of(request), response); });
  Post(".*", [this](const Request& request, Response& response, const httplib::ContentReader& reader) {
    answer_body(request, response, reader);
  });
  set_error_handler(Handler([this](const Request&, Response& response) {
    if (response.body.empty()) fail_request(response.status, reason_for(response.status), response);
  }));
  set_logger([](const Request&, const Response& response) {
    current->is_answered = true;
    current->record.status = response.status;
  });
  listen_on(options.host, options.port);
}

void HttpServer::Server::listen_on(const std::string& host, int port) {
  errno = 0;
  port_ = port;
  if (port == 0) {
    port_ = bind_to_any_port(host);
  } else if (!bind_to_port(host, port)) {
    port_ = -1;
  }
  if (port_ < 0) {
    fail("cannot listen on {} port {}: {}: choose another with --host or --port", host, port,
         errno == 0 ? "no such address" : std::strerror(errno));
  }
  listening_ = svr_sock_.load();
  ::listen(listening_, kListenBacklog);
}

HttpServer::Server::~Server() {
  ::close(stop_event_);
  ::close(listening_);
}

void HttpServer::Server::run() {
  // httplib stops listening at the first error of accept(), such as ECONNABORTED.
  while (!is_stopping_ && !listen_after_bind() && !is_stopping_) {
    log::warn("cannot accept connections: {}; listening again", std::strerror(errno));
    listen_on(options_.host, port_);
  }
}

void HttpServer::Server::end() {
  is_stopping_ = true;
  [[maybe_unused]] const int written = ::eventfd_write(stop_event_, 1);
  // Wakes accept(). httplib's stop() would do nothing before listen_after_bind().
  svr_sock_ = -1;
  ::shutdown(listening_, SHUT_RDWR);
}

bool HttpServer::Server::process_and_close_socket(socket_t fd) {
  ClientSocket client(fd, stop_event_, options_.client);
  // A silent connection makes room for one that waits for a thread.
  const auto give_up = [&] { return is_stopping_ || num_waiting_ > 0; };
  while (client.wait_for_request(give_up) && answer_one(client)) {
  }
  return true;
}

// False: the connection ends.
bool HttpServer::Server::answer_one(ClientSocket& client) {
  const auto start = std::chrono::steady_clock::now();
  Exchange exchange{.client = client};
  exchange.record.client = fmt::format("{}:{}", client.peer_address(), client.peer_port());
  current = &exchange;
  ClientStream stream(client);
  bool closes = false;
  const bool goes_on = process_request(stream, is_stopping_, closes, [&](Request& request) {
    exchange.has_head = true;
    exchange.record.method = request.method;
    exchange.record.path = request.path;
    exchange.has_body = has_body(request);
    // Answers are neither cut nor compressed.
    request.ranges.clear();
    request.headers.erase("Range");
    request.headers.erase("Accept-Encoding");
    client.begin_body();
  });
  if (!exchange.is_answered) refuse_silent_request(exchange);
  const bool is_sent = client.flush();
  current = nullptr;
  if (!exchange.has_head && client.bytes_in() == 0) return false;  // no request
  HttpRecord& record = exchange.record;
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  record.bytes_in = client.bytes_in();
  record.bytes_out = client.bytes_out();
  if (!is_sent && record.error.empty()) record.error = "the client did not take the answer";
  handler_.finished(record);
  const bool is_in_step = exchange.has_head && exchange.has_body == exchange.is_body_read;
  if (is_sent && !is_in_step) client.linger();
  return goes_on && is_sent && !closes && is_in_step && !is_stopping_;
}

// httplib gives up without an answer when the first line does not come.
void HttpServer::Server::refuse_silent_request(Exchange& exchange) {
  ClientSocket& client = exchange.client;
  if (client.bytes_in() == 0) return;
  Response response;
  response.status = 400;
  fail_request(400, reason_for(400), response);
  exchange.record.status = response.status;
  if (client.has_closed()) return;
  const std::string text = fmt::format(
      "HTTP/1.1 {} \r\nConnection: close\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
      response.status, response.get_header_value("Content-Type"), response.body.size(), response.body);
  client.write(text.data(), text.size());
}

void HttpServer::Server::give(const HttpResponse& answer, Response& response) {
  response.status = answer.status;
  response.set_content(answer.body, answer.content_type);
  for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  const bool is_in_step = current->has_head && current->has_body == current->is_body_read;
  if (is_stopping_ || !is_in_step) response.set_header("Connection", "close");
  current->record.error = answer.error;
  current->record.num_texts = answer.num_texts;
  current->record.num_tokens = answer.num_tokens;
  current->client.begin_answer();
}

// For what the client socket knows better than httplib.
void HttpServer::Server::fail_request(int status, const std::string& why, Response& response) {
  const ClientSocket& client = current->client;
  const std::string& path = current->record.path;
  if (client.is_late())
    return give(handler_.failure(path, 408, "the request took too long to arrive"), response);
  if (client.is_too_large() && !current->has_head) {
    return give(handler_.failure(path, 431, "the headers are too large"), response);
  }
  if (client.has_closed()) {
    return give(handler_.failure(path, 400, "the client closed the connection in the middle of its request"),
                response);
  }
  give(handler_.failure(path, status, why), response);
}

std::optional<HttpResponse> HttpServer::Server::fault_of_head(const Request& request) const {
  const auto failure = [&](int status, const std::string& why) {
    return handler_.failure(request.path, status, why);
  };
  const bool is_chunked = request.has_header("Transfer-Encoding");
  const size_t lengths = request.get_header_value_count("Content-Length");
  if (is_chunked && request.get_header_value("Transfer-Encoding") != "chunked") {
    return failure(501, "of the transfer encodings only chunked is understood");
  }
  if (lengths > 1 || (is_chunked && lengths > 0)) {
    return failure(400, "the length of the body is given twice");
  }
  if (request.method == "POST" && !is_chunked && lengths == 0) {
    return failure(411, "the length of the body is missing: send Content-Length");
  }
  const auto length = parse_length(lengths == 0 ? "0" : request.get_header_value("Content-Length"));
  if (!length) return failure(400, "Content-Length is not a number");
  if (*length > options_.max_body_bytes) {
    return failure(413, fmt::format("the body has {} bytes, at most {} are read: send several requests",
                                    *length, options_.max_body_bytes));
  }
  const std::string encoding = request.get_header_value("Content-Encoding");
  if (!encoding.empty() && encoding != "identity") {
    return failure(415, "the body is compressed, which is not supported: send it as it is");
  }
  if (request.get_header_value("Content-Type").find("multipart") != std::string::npos) {
    return failure(415, "the body must be JSON, not a form");
  }
  return std::nullopt;
}

bool HttpServer::Server::refuse(const Request& request, Response& response) {
  auto refusal = handler_.refuse(head_of(request));
  if (!refusal) refusal = fault_of_head(request);
  if (refusal) give(*refusal, response);
  return refusal.has_value();
}

void HttpServer::Server::answer_body(const Request& request, Response& response,
                                     const httplib::ContentReader& reader) {
  HttpRequest asked = head_of(request);
  bool is_too_large = false;
  const bool is_complete = reader([&](const char* bytes, size_t size) {
    is_too_large = asked.body.size() + size > static_cast<size_t>(options_.max_body_bytes);
    if (!is_too_large) asked.body.append(bytes, size);
    return !is_too_large;
  });
  if (is_too_large || current->client.is_too_large()) {
    return fail_request(
        413, fmt::format("the body is larger than {} bytes: send several requests", options_.max_body_bytes),
        response);
  }
  if (!is_complete) return fail_request(400, "the body is not complete, or its chunks are broken", response);
  current->is_body_read = current->has_body;
  answer(std::move(asked), response);
}

void HttpServer::Server::answer(HttpRequest request, Response& response) {
  try {
    give(handler_.answer(request), response);
  } catch (const std::exception& error) {
    log::error("{} {}: {}", request.method, request.path, error.what());
    give(handler_.failure(request.path, 500, "an internal error, which the service has logged"), response);
  }
}

HttpServer::HttpServer(const HttpServerOptions& options, HttpHandler& handler)
    : server_(std::make_unique<Server>(options, handler)) {}

HttpServer::~HttpServer() = default;

int HttpServer::port() const {
  return server_->port();
}

void HttpServer::run() {
  server_->run();
}

void HttpServer::stop() {
  server_->end();
}

}  // namespace rpp
