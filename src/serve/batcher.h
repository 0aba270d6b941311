// Several sessions that compute the sequences of a BatchQueue, each in a thread of its own.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "rpp/session.h"
#include "serve/batch_queue.h"

namespace rpp {

struct BatcherOptions {
  BatchLimits limits;
  int num_sessions = 1;
  int threads_per_session = 1;
  std::function<void(const Batch&)> on_batch;  // before it is computed, in the session's thread; or nothing
};

class Batcher {
 public:
  // `embedding`: how hidden states become embeddings; must outlive the batcher. Every session computes a
  // sequence of `warm_up_tokens` first, which is done when the constructor returns.
  Batcher(std::shared_ptr<const RuntimeModel> model, const SentenceEmbedding& embedding,
          const BatcherOptions& options, int64_t warm_up_tokens);
  // Computes what is in the queue.
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // False: the queue is full. Every sequence of an added job is finished.
  bool add(const std::shared_ptr<Job>& job);

  // From now on no sequence waits for others.
  void stop_waiting();

  struct Length {
    int64_t tokens = 0, sequences = 0;
  };
  Length queued() const;

 private:
  void work(Session& session);
  Batch next_batch();  // empty: the end

  const SentenceEmbedding& embedding_;
  BatcherOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  BatchQueue queue_;
  int num_idle_ = 0;
  bool is_ending_ = false;
  std::vector<Session> sessions_;
  std::vector<std::jthread> threads_;  // last: they use all the others
};

}  // namespace rpp
