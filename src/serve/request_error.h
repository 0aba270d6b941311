// Why a request gets no answer: the HTTP status, and one sentence for the client.
#pragma once

#include <string>

#include "rpp/error.h"

namespace rpp {

// error_type of text-embeddings-inference.
enum class Refusal { validation, empty, tokenizer, overloaded, backend, unhealthy };

class RequestError : public Error {
 public:
  RequestError(int status, Refusal refusal, const std::string& message)
      : Error(message), status_(status), refusal_(refusal) {}

  int status() const { return status_; }
  Refusal refusal() const { return refusal_; }

 private:
  int status_;
  Refusal refusal_;
};

// 400: not JSON, not UTF-8; 422: JSON that this path does not take; 413: a limit.
template <typename... Args>
[[noreturn]] void refuse(int status, fmt::format_string<Args...> format, Args&&... args) {
  throw RequestError(status, Refusal::validation, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace rpp
