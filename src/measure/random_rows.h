// Pre-training batches of random ids in rows of given lengths, so that compared programs do the same work.
#pragma once

#include <cstdint>
#include <vector>

#include "bert_format/model_config.h"
#include "data/batch.h"

namespace rpp {

struct RandomRows {
  std::vector<int64_t> lengths = std::vector<int64_t>(16, 128);
  double mask_prob = 0.15;  // predictions per row, rounded, at least one
};

// Row lengths distributed as in pre-training on documents: one in ten is uniform from 2 tokens on, the others
// have at least nine tenths of `longest`.
std::vector<int64_t> natural_lengths(int64_t sequences, int64_t longest, uint64_t seed);

// Each row has two segments, predictions at random positions and a next-sentence label.
PackedBatch random_rows(const ModelConfig& model, const RandomRows& rows, uint64_t seed);

}  // namespace rpp
