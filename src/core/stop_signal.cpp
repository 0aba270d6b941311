#include "rpp/core/stop_signal.h"

#include <atomic>
#include <csignal>

namespace rpp {
namespace {

std::atomic<bool> stop_requested = false;  // a signal handler has nowhere else to write to

void on_signal(int signal) {
  stop_requested = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

StopSignal::StopSignal() {
  stop_requested = false;
  std::signal(SIGTERM, on_signal);
  std::signal(SIGINT, on_signal);
}

StopSignal::~StopSignal() {
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
}

bool StopSignal::requested() const {
  return stop_requested;
}

}  // namespace rpp
