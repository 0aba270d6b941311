// Computes the next values on a background thread while the caller works on the current one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace rpp {

// next() returns make(first), make(first + 1), ... in order, with up to `depth` values computed ahead. An
// exception of make is thrown by the next() that would have returned the value, and by every later one. The
// destructor waits for a running call of make.
template <typename T>
class Prefetcher {
 public:
  Prefetcher(std::function<T(int64_t index)> make, int64_t first, int depth)
      : make_(std::move(make)), index_(first), depth_(static_cast<size_t>(depth > 0 ? depth : 1)) {
    thread_ = std::jthread([this](std::stop_token stop) { produce(stop); });
  }

  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  T next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty() || error_; });
    if (ready_.empty()) std::rethrow_exception(error_);
    T value = std::move(ready_.front());
    ready_.pop_front();
    changed_.notify_all();
    return value;
  }

 private:
  void produce(const std::stop_token& stop) {
    try {
      while (wait_for_room(stop)) {
        T value = make_(index_++);
        const std::lock_guard lock(mutex_);
        ready_.push_back(std::move(value));
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
      changed_.notify_all();
    }
  }

  bool wait_for_room(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    return changed_.wait(lock, stop, [this] { return ready_.size() < depth_; }) && !stop.stop_requested();
  }

  std::function<T(int64_t)> make_;
  int64_t index_;  // of the value computed next; used only by the thread
  const size_t depth_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<T> ready_;
  std::exception_ptr error_;
  std::jthread thread_;  // last member: it ends before the members it uses
};

}  // namespace rpp
