// Pre-training batches of random ids in rows of given lengths: the same work for every program that is
// compared.
#pragma once

#include <cstdint>
#include <vector>

#include "bert_format/model_config.h"
#include "data/batch.h"

namespace rpp {

struct RandomRows {
  std::vector<int64_t> lengths = std::vector<int64_t>(16, 128);
  double mask_prob = 0.15;  // the predictions of a row, rounded, at least one
};

// Lengths of rows as pre-training draws them from documents: one in ten is any length from 2 tokens on, the
// others fill nine tenths of `longest` or more.
std::vector<int64_t> natural_lengths(int64_t sequences, int64_t longest, uint64_t seed);

// Two segments a row, predictions at random positions, a next-sentence label each.
PackedBatch random_rows(const ModelConfig& model, const RandomRows& rows, uint64_t seed);

}  // namespace rpp
