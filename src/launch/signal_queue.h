// Signals as values to be read, for a program that watches others.
#pragma once

#include <optional>

namespace rpp {

struct QueuedSignal {
  int number = 0;
  bool from_terminal = false;  // Ctrl-C, which all processes of the terminal get
};

// RAII: SIGTERM, SIGINT and the ends of children (SIGCHLD) wait to be read. Create it before other threads.
class SignalQueue {
 public:
  SignalQueue();
  ~SignalQueue();
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;

  int fd() const { return fd_; }  // readable when there is a signal
  std::optional<QueuedSignal> next() const;

 private:
  int fd_ = -1;
};

}  // namespace rpp
