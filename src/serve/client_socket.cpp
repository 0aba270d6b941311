#include "serve/client_socket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace rpp {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBriefly{500};
constexpr milliseconds kLinger{1000};
constexpr size_t kBufferBytes = size_t{64} * 1024;

milliseconds left(std::chrono::steady_clock::time_point deadline) {
  return std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
}

}  // namespace

ClientSocket::ClientSocket(int fd, int stop_event, const ClientLimits& limits)
    : fd_(fd), stop_event_(stop_event), limits_(limits) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return;
  char text[INET6_ADDRSTRLEN] = {};
  const bool is_v6 = peer.ss_family == AF_INET6;
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&peer);
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&peer);
  const void* address = is_v6 ? static_cast<const void*>(&v6->sin6_addr) : &v4->sin_addr;
  if (::inet_ntop(peer.ss_family, address, text, sizeof text) == nullptr) return;
  address_ = text;
  port_ = ntohs(is_v6 ? v6->sin6_port : v4->sin_port);
}

ClientSocket::~ClientSocket() {
  ::shutdown(fd_, SHUT_RDWR);
  ::close(fd_);
}

void ClientSocket::begin_request() {
  bytes_in_ = bytes_out_ = 0;
  bytes_allowed_ = limits_.max_head_bytes;
  is_late_ = is_too_large_ = has_closed_ = is_write_broken_ = false;
  deadline_ = std::chrono::steady_clock::now() + limits_.transfer;
}

bool ClientSocket::wait_for_request(const std::function<bool()>& give_up) {
  const Time idle_until = std::chrono::steady_clock::now() + limits_.idle;
  Waiting waiting = wait_briefly();
  while (waiting == Waiting::longer && !give_up() && std::chrono::steady_clock::now() < idle_until) {
    waiting = wait_briefly();
  }
  begin_request();
  return waiting == Waiting::ready;
}

ClientSocket::Waiting ClientSocket::wait_briefly() {
  if (read_ < received_.size()) return Waiting::ready;
  pollfd waiting[2] = {{.fd = fd_, .events = POLLIN, .revents = 0},
                       {.fd = stop_event_, .events = POLLIN, .revents = 0}};
  const int found = ::poll(waiting, 2, static_cast<int>(kBriefly.count()));
  if (found < 0 && errno != EINTR) return Waiting::over;
  if (found <= 0) return Waiting::longer;
  return waiting[0].revents != 0 ? Waiting::ready : Waiting::over;
}

bool ClientSocket::wait_for(short events) {
  for (;;) {
    const milliseconds rest = left(deadline_);
    if (rest.count() <= 0) {
      is_late_ = true;
      return false;
    }
    pollfd waiting = {.fd = fd_, .events = events, .revents = 0};
    const int found = ::poll(&waiting, 1, static_cast<int>(std::min<int64_t>(rest.count(), 1 << 30)));
    if (found > 0) return true;
    if (found < 0 && errno != EINTR) return false;
  }
}

// Fills the empty buffer.
ssize_t ClientSocket::receive() {
  received_.resize(kBufferBytes / 4);
  read_ = 0;
  ssize_t got = -1;
  while (wait_for(POLLIN)) {
    got = ::recv(fd_, received_.data(), received_.size(), MSG_DONTWAIT);
    if (got >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  received_.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  if (got == 0 || (got < 0 && !is_late_)) has_closed_ = true;
  return got;
}

ssize_t ClientSocket::read(char* bytes, size_t size) {
  if (is_late_ || is_too_large_) return -1;
  if (bytes_in_ >= bytes_allowed_) {
    is_too_large_ = true;
    return -1;
  }
  if (read_ == received_.size()) {
    if (!to_send_.empty() && !flush()) return -1;  // "100 Continue"
    const ssize_t got = receive();
    if (got <= 0) return got;
  }
  const size_t allowed = std::min(size, static_cast<size_t>(bytes_allowed_ - bytes_in_));
  const size_t count = std::min(allowed, received_.size() - read_);
  std::memcpy(bytes, received_.data() + read_, count);
  read_ += count;
  bytes_in_ += static_cast<int64_t>(count);
  return static_cast<ssize_t>(count);
}

void ClientSocket::begin_body() {
  bytes_allowed_ = bytes_in_ + limits_.max_body_bytes;
}

void ClientSocket::begin_answer() {
  deadline_ = std::chrono::steady_clock::now() + limits_.transfer;
}

bool ClientSocket::write(const char* bytes, size_t size) {
  to_send_.append(bytes, size);
  return to_send_.size() < kBufferBytes || flush();
}

bool ClientSocket::flush() {
  size_t sent = 0;
  while (!is_write_broken_ && sent < to_send_.size()) {
    const ssize_t count =
        ::send(fd_, to_send_.data() + sent, to_send_.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      sent += static_cast<size_t>(count);
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN && wait_for(POLLOUT)) continue;
    break;
  }
  bytes_out_ += static_cast<int64_t>(sent);
  if (sent < to_send_.size()) is_write_broken_ = true;
  to_send_.clear();
  return !is_write_broken_;
}

void ClientSocket::linger() {
  ::shutdown(fd_, SHUT_WR);
  deadline_ = std::chrono::steady_clock::now() + kLinger;
  is_late_ = false;
  while (receive() > 0) {
  }
}

}  // namespace rpp
