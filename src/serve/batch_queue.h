// Which sequences are computed together: first come, first served, up to a number of tokens. Knows neither
// threads nor clocks; Batcher adds them.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "serve/job.h"

namespace rpp {

struct BatchLimits {
  int64_t max_tokens = 4096;               // of a batch; a longer sequence is a batch of its own
  std::chrono::milliseconds max_wait{0};   // for more sequences; 0: takes what is there
  int64_t max_queued_tokens = 128 * 1024;  // an empty queue takes any job
};

// A sequence of a job.
struct QueuedSequence {
  std::shared_ptr<Job> job;
  size_t index = 0;

  const EncodedSequence& sequence() const { return job->sequences()[index]; }
};

using Batch = std::vector<QueuedSequence>;  // all with the same Job::output()

class BatchQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit BatchQueue(const BatchLimits& limits) : limits_(limits) {}

  // False: there is no room for it.
  bool push(const std::shared_ptr<Job>& job, Time now);

  // When the next batch should be taken: at once if there are enough tokens for a whole batch, else when its
  // first sequence has waited long enough; nothing: the queue is empty.
  std::optional<Time> due() const;

  // From now on the next batch is due at once.
  void stop_waiting() { limits_.max_wait = std::chrono::milliseconds(0); }

  // Takes the sequences that have waited longest. They are shared among `num_idle` sessions, this one
  // included, so that none idles while another computes all. The queue must not be empty.
  Batch take(int num_idle);

  bool empty() const { return lanes_.empty(); }
  int64_t num_tokens() const { return num_tokens_; }
  int64_t num_sequences() const { return num_sequences_; }

 private:
  struct Waiting {
    QueuedSequence item;
    Time since;
    int64_t number = 0;  // in the order of arrival
  };
  // Sequences that can be computed in one pass; never empty.
  struct Lane {
    Job::Output output;
    std::deque<Waiting> waiting;
    int64_t num_tokens = 0;
  };

  Lane& lane_of(const Job::Output& output);
  std::list<Lane>::const_iterator oldest() const;

  BatchLimits limits_;
  std::list<Lane> lanes_;
  int64_t num_tokens_ = 0, num_sequences_ = 0, num_pushed_ = 0;
};

}  // namespace rpp
