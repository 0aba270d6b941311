// The HTTP server: connections in threads, limits on what a client may send and how long it may take.
#pragma once

#include <memory>
#include <string>

#include "serve/client_socket.h"
#include "serve/http.h"

namespace rpp {

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  int port = 8080;            // 0: any free one
  int max_connections = 256;  // at a time, a thread for each; more have to wait
  int64_t max_body_bytes = 2'000'000;
  ClientLimits client;
};

class HttpServer {
 public:
  // Listens, but answers only in run(). Throws Error if the address cannot be used.
  HttpServer(const HttpServerOptions& options, HttpHandler& handler);
  ~HttpServer();

  int port() const;
  // Answers requests until stop(), which may be called by another thread: then the requests that have begun
  // are answered, and no other is accepted.
  void run();
  void stop();

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace rpp
