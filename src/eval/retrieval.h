// Metrics of retrieval with one relevant document per query.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

namespace rpp {

// ranks: of each query's document, from 1. "mrr_10": the mean of 1 / rank, 0 beyond ten (as MS MARCO counts
// it); "recall_1" and "recall_10": the share of ranks up to 1 and 10. Throws Error without queries.
std::map<std::string, double> retrieval_metrics(std::span<const int64_t> ranks);

// The rank of scores[relevant]: 1 + how many others are larger, with those that are equal counted by halves,
// rounded up, so that a constant model does not look perfect.
int64_t rank_of(std::span<const float> scores, int64_t relevant);

}  // namespace rpp
