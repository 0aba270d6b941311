#include "core/thread_team.h"

#include <unistd.h>

#include <barrier>
#include <exception>
#include <thread>
#include <vector>

#include "rpp/error.h"

namespace rpp {

struct ThreadTeam::Workers {
  explicit Workers(int size) : barrier(size) {}
  std::barrier<> barrier;
  std::vector<std::jthread> threads;
};

ThreadTeam::ThreadTeam(int size) : size_(size) {
  if (size < 1 || size > kMaxThreads) fail_usage("{} threads: ask for 1 to {}", size, kMaxThreads);
}

ThreadTeam::~ThreadTeam() {
  if (process_ != ::getpid()) {
    static_cast<void>(workers_.release());  // threads of the parent process: there is nothing to join
    return;
  }
  task_ = nullptr;
  wait_for_all();  // wakes them to see that the team ends
}

void ThreadTeam::start() {
  const int size = size_;
  std::unique_ptr<Workers> workers;
  if (size > 1) {
    workers = std::make_unique<Workers>(size);
    workers->threads.reserve(static_cast<size_t>(size - 1));
  }
  static_cast<void>(workers_.release());  // threads of the parent process
  workers_ = std::move(workers);
  process_ = ::getpid();
  size_ = 1;
  if (size == 1) return;
  try {
    for (; size_ < size; ++size_) workers_->threads.emplace_back([this, thread = size_] { work(thread); });
  } catch (const std::exception&) {
    // The system refused more threads: the team works with those it has.
    for (int missing = size_; missing < size; ++missing) workers_->barrier.arrive_and_drop();
  }
}

void ThreadTeam::run(const std::function<void(int)>& task) {
  if (process_ != ::getpid()) start();
  task_ = &task;
  wait_for_all();
  task(0);
  wait_for_all();
}

void ThreadTeam::wait_for_all() {
  if (workers_) workers_->barrier.arrive_and_wait();
}

std::pair<int64_t, int64_t> ThreadTeam::share(int64_t count, int thread) const {
  return share_of(count, thread, size_);
}

void ThreadTeam::work(int thread) {
  while (true) {
    wait_for_all();
    if (task_ == nullptr) return;
    (*task_)(thread);
    wait_for_all();
  }
}

}  // namespace rpp
