// A connection to a client that may be slow, silent or gone: every wait ends at a deadline.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace rpp {

struct ClientLimits {
  std::chrono::milliseconds idle{30'000};      // between requests
  std::chrono::milliseconds transfer{30'000};  // of a whole request, and of its whole answer
  int64_t max_head_bytes = 32 * 1024;
  int64_t max_body_bytes = 0;  // as sent, chunk sizes included
};

class ClientSocket {
 public:
  // Closes `fd` at the end. `stop_event` becomes readable when the service ends.
  ClientSocket(int fd, int stop_event, const ClientLimits& limits);
  ~ClientSocket();
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  // Waits for the first byte of a request; false: there will be none, or `give_up`, which is asked twice a
  // second, says so.
  bool wait_for_request(const std::function<bool()>& give_up);

  // At least one byte; 0: the client closed its side; -1: a limit, a deadline or a broken connection.
  ssize_t read(char* bytes, size_t size);
  void begin_body();    // the head is complete
  void begin_answer();  // its deadline starts
  // Buffered. Once a part of an answer could not be sent, these return false.
  bool write(const char* bytes, size_t size);
  bool flush();

  bool is_late() const { return is_late_; }
  bool is_too_large() const { return is_too_large_; }
  int64_t bytes_in() const { return bytes_in_; }  // of this request
  int64_t bytes_out() const { return bytes_out_; }
  bool has_closed() const { return has_closed_; }  // the client, in the middle of a request

  // Reads for a moment what the client still sends: closing at once would discard the answer on its way.
  void linger();

  std::string peer_address() const { return address_; }
  int peer_port() const { return port_; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  enum class Waiting { ready, longer, over };

  void begin_request();
  Waiting wait_briefly();
  bool wait_for(short events);
  ssize_t receive();

  int fd_, stop_event_;
  ClientLimits limits_;
  std::string address_;
  int port_ = 0;
  std::string received_;  // not read yet
  size_t read_ = 0;       // of received_
  std::string to_send_;
  Time deadline_;
  int64_t bytes_in_ = 0, bytes_out_ = 0, bytes_allowed_ = 0;
  bool is_late_ = false, is_too_large_ = false, has_closed_ = false, is_write_broken_ = false;
};

}  // namespace rpp
