#include "launch/signal_queue.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "rpp/error.h"

namespace rpp {
namespace {

sigset_t queued_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&set, signal);
  return set;
}

}  // namespace

SignalQueue::SignalQueue() {
  const sigset_t set = queued_signals();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  RPP_CHECK(fd_ >= 0, "cannot wait for signals: {}", std::strerror(errno));
}

SignalQueue::~SignalQueue() {
  close(fd_);
  const sigset_t set = queued_signals();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

std::optional<QueuedSignal> SignalQueue::next() const {
  signalfd_siginfo info{};
  if (read(fd_, &info, sizeof(info)) != sizeof(info)) return std::nullopt;
  return QueuedSignal{.number = static_cast<int>(info.ssi_signo),
                      .from_terminal = info.ssi_code == SI_KERNEL};
}

}  // namespace rpp
