#include "serve/reload_signal.h"

#include <atomic>

namespace rpp {
namespace {

std::atomic<bool> reload_requested = false;  // global: a signal handler has no other access to state

void request_reload(int) {
  reload_requested = true;
}

}  // namespace

ReloadSignal::ReloadSignal() {
  reload_requested = false;
  struct sigaction now = {};
  now.sa_handler = request_reload;
  now.sa_flags = SA_RESTART;
  sigemptyset(&now.sa_mask);
  sigaction(SIGHUP, &now, &before_);
}

ReloadSignal::~ReloadSignal() {
  sigaction(SIGHUP, &before_, nullptr);
}

bool ReloadSignal::take() {
  return reload_requested.exchange(false);
}

}  // namespace rpp
