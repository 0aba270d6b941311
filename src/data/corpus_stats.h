// Statistics of a corpus of shards, for `rpp-data stats`.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "config/config.h"
#include "data/shards.h"

namespace rpp {

inline constexpr int64_t kLengthBucketWidth = 8;  // tokens
inline constexpr int64_t kNumLengthBuckets = 17;  // the last one counts all longer sentences

struct CorpusStats {
  int64_t documents = 0, sentences = 0, tokens = 0, unknown = 0;
  int64_t longest_sentence = 0;                               // tokens
  std::array<int64_t, kNumLengthBuckets> length_histogram{};  // sentences of [8 b, 8 b + 8) tokens
  int64_t sampled_pairs = 0, random_pairs = 0;                // next-sentence pairs, and those with label 1
  double masked_share = 0;                                    // predictions / tokens of the sampled pairs
  double mean_pair_length = 0;                                // tokens, including [CLS] and [SEP]
};

// Reads every sentence and samples `num_pairs` pre-training pairs as a run with this configuration would.
CorpusStats corpus_stats(const ShardSet& shards, const Tokenizer& tokenizer, const DataConfig& config,
                         int64_t num_pairs = 10000, uint64_t seed = 42);

// The table that `rpp-data stats` prints.
std::string format_stats(const CorpusStats& stats);

}  // namespace rpp
