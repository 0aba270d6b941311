#include "train/rank_sums.h"

#include <nlohmann/json.hpp>

#include "ops/torch.h"

namespace rpp {
namespace {

// MessagePack keeps every bit of a double, and NaN.
template <typename T>
std::string to_bytes(const T& values) {
  std::string bytes;
  nlohmann::json::to_msgpack(values, bytes);
  return bytes;
}

template <typename T>
T from_bytes(const std::string& bytes) {
  return nlohmann::json::from_msgpack(bytes).get<T>();
}

}  // namespace

StepCounts sum_over_ranks(Communicator& ranks, const StepCounts& counts) {
  if (ranks.is_alone()) return counts;
  const auto sums = torch::tensor({counts.tokens, counts.sequences, counts.predictions}, torch::kInt64);
  ranks.sum(sums);
  return {.tokens = sums[0].item<int64_t>(),
          .sequences = sums[1].item<int64_t>(),
          .predictions = sums[2].item<int64_t>()};
}

Metrics sum_over_ranks(Communicator& ranks, const NamedTensors& scalars) {
  const auto own = values_of(scalars);
  Metrics sums;
  for (const std::string& bytes : ranks.gather(to_bytes(own))) {
    for (const auto& [name, value] : from_bytes<std::decay_t<decltype(own)>>(bytes)) sums[name] += value;
  }
  return sums;
}

Metrics of_first_rank(Communicator& ranks, const Metrics& metrics) {
  if (ranks.is_alone()) return metrics;
  return from_bytes<Metrics>(ranks.gather(to_bytes(metrics)).front());
}

bool any_rank(Communicator& ranks, bool flag) {
  if (ranks.is_alone()) return flag;
  const auto count = torch::tensor({flag ? 1 : 0}, torch::kInt64);
  ranks.sum(count);
  return count.item<int64_t>() > 0;
}

}  // namespace rpp
