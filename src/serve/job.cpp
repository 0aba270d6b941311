#include "serve/job.h"

#include <utility>

#include "rpp/error.h"

namespace rpp {

Job::Job(Output output, std::vector<EncodedSequence> sequences)
    : output_(std::move(output)),
      sequences_(std::move(sequences)),
      rows_(sequences_.size()),
      num_unfinished_(sequences_.size()) {
  for (const EncodedSequence& sequence : sequences_) num_tokens_ += sequence.num_tokens();
}

void Job::finish(size_t sequence, std::span<const float> row) {
  rows_[sequence].assign(row.begin(), row.end());
  const std::lock_guard lock(mutex_);
  count_finished();
}

void Job::fail(size_t sequence, const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (error_.empty()) error_ = sequences_.size() == 1 ? why : fmt::format("text {}: {}", sequence, why);
  count_finished();
}

void Job::count_finished() {
  if (--num_unfinished_ == 0) all_finished_.notify_all();
}

const std::vector<std::vector<float>>& Job::wait() {
  std::unique_lock lock(mutex_);
  all_finished_.wait(lock, [&] { return num_unfinished_ == 0; });
  if (!error_.empty()) throw Error(error_);
  return rows_;
}

}  // namespace rpp
