// A fixed set of threads that do one task together, in steps.
#pragma once

#include <barrier>
#include <cstdint>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace rpp {

class ThreadTeam {
 public:
  explicit ThreadTeam(int size);  // the caller of run() is one of them
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return size_; }
  // Calls task(0) here and task(1), ... on the other threads; returns when all have ended. The task must not
  // throw, and must not be larger than a reference if nothing is to be allocated.
  void run(const std::function<void(int thread)>& task);
  // For the task: waits until all threads are here.
  void wait_for_all();
  // For the task: this thread's share of `count` things, [begin, end).
  std::pair<int64_t, int64_t> share(int64_t count, int thread) const;

 private:
  void work(int thread);

  int size_;
  std::barrier<> barrier_;
  const std::function<void(int)>* task_ = nullptr;  // nullptr: end
  std::vector<std::jthread> threads_;
};

}  // namespace rpp
