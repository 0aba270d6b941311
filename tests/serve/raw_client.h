// A client that sends any bytes, at any speed.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace rpp {

class RawClient {
 public:
  explicit RawClient(int port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool is_connected() const { return is_connected_; }

  // False: the server has closed the connection.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // One answer with its head; what came until then if the server closes or is silent for ten seconds.
  std::string answer() {
    std::string text;
    for (char byte = 0; ::recv(fd_, &byte, 1, 0) == 1;) {
      text += byte;
      if (is_complete(text)) break;
    }
    return text;
  }
  std::string ask(std::string_view bytes) { return send(bytes), answer(); }

  // Everything until the server closes.
  std::string rest() {
    std::string text;
    char bytes[4096];
    for (ssize_t got = 0; (got = ::recv(fd_, bytes, sizeof bytes, 0)) > 0;) {
      text.append(bytes, static_cast<size_t>(got));
    }
    return text;
  }

 private:
  static bool is_complete(const std::string& text) {
    const size_t head = text.find("\r\n\r\n");
    if (text.starts_with("HTTP/1.1 100 ")) return head != std::string::npos;
    const size_t length = text.find("Content-Length: ");
    if (head == std::string::npos || length > head) return false;
    return text.size() == head + 4 + std::stoul(text.substr(length + 16));
  }

  int fd_;
  bool is_connected_ = false;
};

}  // namespace rpp
