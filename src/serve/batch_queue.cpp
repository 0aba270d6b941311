#include "serve/batch_queue.h"

#include <algorithm>

namespace rpp {

bool BatchQueue::push(const std::shared_ptr<Job>& job, Time now) {
  if (num_tokens_ > 0 && num_tokens_ + job->num_tokens() > limits_.max_queued_tokens) return false;
  if (job->sequences().empty()) return true;
  Lane& lane = lane_of(job->output());
  for (size_t i = 0; i < job->sequences().size(); ++i) {
    lane.waiting.push_back({.item = {.job = job, .index = i}, .since = now, .number = num_pushed_++});
  }
  lane.num_tokens += job->num_tokens();
  num_tokens_ += job->num_tokens();
  num_sequences_ += static_cast<int64_t>(job->sequences().size());
  return true;
}

std::optional<BatchQueue::Time> BatchQueue::due() const {
  if (lanes_.empty()) return std::nullopt;
  const Lane& lane = *oldest();
  const Time since = lane.waiting.front().since;
  return lane.num_tokens >= limits_.max_tokens ? since : since + limits_.max_wait;
}

Batch BatchQueue::take(int num_idle) {
  const auto place = oldest();
  const auto lane = lanes_.erase(place, place);  // without const
  const int64_t share = (lane->num_tokens + num_idle - 1) / num_idle;
  const int64_t budget = std::min(limits_.max_tokens, share);
  Batch batch;
  int64_t tokens = 0;
  while (!lane->waiting.empty()) {
    const int64_t length = lane->waiting.front().item.sequence().num_tokens();
    if (!batch.empty() && tokens + length > budget) break;
    tokens += length;
    batch.push_back(std::move(lane->waiting.front().item));
    lane->waiting.pop_front();
  }
  lane->num_tokens -= tokens;
  num_tokens_ -= tokens;
  num_sequences_ -= static_cast<int64_t>(batch.size());
  if (lane->waiting.empty()) lanes_.erase(lane);
  return batch;
}

BatchQueue::Lane& BatchQueue::lane_of(const Job::Output& output) {
  const auto lane = std::ranges::find(lanes_, output, &Lane::output);
  if (lane != lanes_.end()) return *lane;
  return lanes_.emplace_back(Lane{.output = output});
}

std::list<BatchQueue::Lane>::const_iterator BatchQueue::oldest() const {
  return std::ranges::min_element(lanes_, {}, [](const Lane& lane) { return lane.waiting.front().number; });
}

}  // namespace rpp
