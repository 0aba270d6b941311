// Pre-training batches of random ids in rows of given lengths: the same work for every program that is
// compared.
#pragma once

#include <cstdint>
#include <vector>

#include "rpp/config/config.h"
#include "rpp/data/batch.h"

namespace rpp {

struct RandomRows {
  std::vector<int64_t> lengths = std::vector<int64_t>(16, 128);
  double mask_prob = 0.15;  // the predictions of a row, rounded, at least one
};

// Two segments a row, predictions at random positions, a next-sentence label each.
PackedBatch random_rows(const ModelConfig& model, const RandomRows& rows, uint64_t seed);

}  // namespace rpp
