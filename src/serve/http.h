// HTTP as the service sees it: no sockets, no library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rpp {

struct HttpRequest {
  std::string method, path;
  std::string authorization;  // the header
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string error;                      // for the log: why it is refused
  int64_t num_texts = 0, num_tokens = 0;  // computed for it
};

// A finished request.
struct HttpRecord {
  std::string client;  // address and port
  std::string method, path;
  int status = 0;
  double seconds = 0;  // from the request's first byte to the last byte of the answer
  int64_t bytes_in = 0, bytes_out = 0;
  int64_t num_texts = 0, num_tokens = 0;
  std::string error;
};

// Called by the server from several threads.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Before the body is read: the answer to a request that is refused whatever its body is.
  virtual std::optional<HttpResponse> refuse(const HttpRequest& head) = 0;
  virtual HttpResponse answer(const HttpRequest& request) = 0;
  // The body of an answer that the server gives by itself, such as 408.
  virtual HttpResponse failure(const std::string& path, int status, const std::string& why) = 0;
  virtual void finished(const HttpRecord& record) = 0;
};

}  // namespace rpp
