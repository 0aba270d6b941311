#include "thread_team.h"

namespace rpp {

ThreadTeam::ThreadTeam(int size) : size_(size), barrier_(size) {
  for (int thread = 1; thread < size; ++thread) threads_.emplace_back([this, thread] { work(thread); });
}

ThreadTeam::~ThreadTeam() {
  task_ = nullptr;
  wait_for_all();  // lets them see that there is nothing more
}

void ThreadTeam::run(const std::function<void(int)>& task) {
  task_ = &task;
  wait_for_all();
  task(0);
  wait_for_all();
}

void ThreadTeam::wait_for_all() {
  if (size_ > 1) barrier_.arrive_and_wait();
}

std::pair<int64_t, int64_t> ThreadTeam::share(int64_t count, int thread) const {
  return {count * thread / size_, count * (thread + 1) / size_};
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
