#include "core/stop_signal.h"

#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <thread>

#include "core/unfinished.h"

namespace rpp {
namespace {

// Global, because a signal handler has no other access to state.
std::atomic<bool> stop_requested = false;
std::atomic<int64_t> first_signal_ms = 0;
std::atomic<int64_t> same_signal_ms = 0;
std::atomic<const char*> stop_notice = nullptr;
std::atomic<sem_t*> end_requested = nullptr;
std::atomic<int> interruptible = 0;

int64_t now_ms() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1000000;
}

// Async-signal-safe, unlike a stream.
void say(const char* text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
}

void end_by_watcher(int) {
  if (sem_t* semaphore = end_requested) sem_post(semaphore);
}

void request_stop(int signal) {
  if (!stop_requested.exchange(true)) {
    first_signal_ms = now_ms();
    if (const char* notice = stop_notice) say(notice);
    return;
  }
  if (now_ms() - first_signal_ms < same_signal_ms) return;
  say("stopped without saving: second signal\n");
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

struct sigaction install(int signal, void (*handler)(int)) {
  struct sigaction now = {}, before = {};
  now.sa_handler = handler;
  now.sa_flags = SA_RESTART;
  sigemptyset(&now.sa_mask);
  sigaction(signal, &now, &before);
  return before;
}

}  // namespace

// A handler may call almost nothing, but a thread that waits for it may call anything.
struct EndOnSignal::Watcher {
  explicit Watcher(std::string_view tool)
      : message(std::string(tool) + ": stopped by a signal before the end\n") {
    sem_init(&semaphore, 0, 0);
    thread = std::thread([this] { watch(); });
    end_requested = &semaphore;
    term_before = install(SIGTERM, end_by_watcher);
    int_before = install(SIGINT, end_by_watcher);
  }
  ~Watcher() {
    sigaction(SIGTERM, &term_before, nullptr);
    sigaction(SIGINT, &int_before, nullptr);
    end_requested = nullptr;
    over = true;
    sem_post(&semaphore);
    thread.join();
    sem_destroy(&semaphore);
  }

  void watch() {
    while (sem_wait(&semaphore) != 0) {
    }
    if (over) return;
    remove_unfinished();
    say(message.c_str());
    ::_exit(kStoppedStatus);
  }

  std::string message;
  sem_t semaphore;
  std::atomic<bool> over = false;
  std::thread thread;
  struct sigaction term_before = {}, int_before = {};
};

EndOnSignal::EndOnSignal(std::string_view tool) : watcher_(std::make_unique<Watcher>(tool)) {}

EndOnSignal::~EndOnSignal() = default;

StopSignal::StopSignal(const StopSignalOptions& options) {
  stop_requested = false;
  stop_notice = options.notice;
  same_signal_ms = options.same_signal_ms;
  term_before_ = install(SIGTERM, request_stop);
  int_before_ = install(SIGINT, request_stop);
}

StopSignal::~StopSignal() {
  sigaction(SIGTERM, &term_before_, nullptr);
  sigaction(SIGINT, &int_before_, nullptr);
  stop_requested = false;
}

bool StopSignal::requested() const {
  return stop_requested;
}

Interruptible::Interruptible() {
  ++interruptible;
}

Interruptible::~Interruptible() {
  --interruptible;
}

void check_stop() {
  if (stop_requested && interruptible > 0) throw Stopped();
}

}  // namespace rpp
