// A fixed set of threads that run one task together, in steps.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace rpp {

// The limit on threads: each needs a stack, and no machine is faster with more.
inline constexpr int kMaxThreads = 1024;

// One of `num_parts` parts of `count` items that differ by one at most: [begin, end).
inline std::pair<int64_t, int64_t> share_of(int64_t count, int64_t part, int64_t num_parts) {
  return {count * part / num_parts, count * (part + 1) / num_parts};
}

class ThreadTeam {
 public:
  // The caller of run() is one of them; the others start with the first run(), fewer than `size` if the
  // system starts no more. Throws UsageError for a size outside 1 to kMaxThreads.
  explicit ThreadTeam(int size);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return size_; }  // before the first run() the number asked for
  // Calls task(0) here and task(1), ... on the other threads; returns when all have ended. The task must not
  // throw, and must not be larger than a reference to avoid allocation. After a fork the child, which has
  // none of the threads, starts new ones.
  void run(const std::function<void(int thread)>& task);
  // For the task: waits until all threads have called it.
  void wait_for_all();
  // For the task: this thread's share of `count` items, [begin, end).
  std::pair<int64_t, int64_t> share(int64_t count, int thread) const;

 private:
  struct Workers;

  void start();
  void work(int thread);

  int size_ = 1;
  pid_t process_ = 0;                               // the process that owns the threads; 0: none yet
  std::unique_ptr<Workers> workers_;                // null if the caller is the only thread
  const std::function<void(int)>* task_ = nullptr;  // nullptr: end
};

}  // namespace rpp
