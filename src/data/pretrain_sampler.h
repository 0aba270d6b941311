// Pre-training examples: masked sentence pairs drawn from shards.
//
// Pairs are made as in google-research/bert, create_pretraining_data.py (create_instances_from_document), but
// one at a time from a random sentence, so that sample i of step s is a pure function of (seed, s, i). This
// causes two differences: a pair is real with probability one half wherever it starts (in the reference a
// last sentence always becomes negative), and the document of a negative is drawn by its number of sentences,
// as for the first part.
#pragma once

#include <cstdint>

#include "config/config.h"
#include "data/batch.h"
#include "data/batch_shape.h"
#include "data/mlm.h"
#include "data/shards.h"

namespace rpp {

// Keeps references to shards and tokenizer, which must outlive it. Const members are thread-safe.
class PretrainSampler {
 public:
  // Throws Error when next_sentence is requested with fewer than two documents, and for shards of another
  // vocabulary. Warns if few documents have two sentences.
  PretrainSampler(const ShardSet& shards, const Tokenizer& tokenizer, const DataConfig& config,
                  uint64_t seed);

  // Samples [first_sample, first_sample + count) of this step: independent of how the step is split into
  // micro-batches. labels: 0 = is next, 1 = from another document; empty without next_sentence.
  PackedBatch batch(int64_t step, int64_t first_sample, int64_t count) const;

  // Samples [first_sample, first_sample + count) of the evaluation stream: the same pairs and masks at every
  // evaluation.
  PackedBatch eval_batch(int64_t first_sample, int64_t count) const;

  // A shape that fits every batch of this number of samples.
  BatchShape shape(int64_t count) const;

  const ShardSet& shards() const { return *shards_; }

  // Whether samples are pairs with a label.
  bool next_sentence() const { return config_.next_sentence; }

  // A pair before masking, and the origin of its parts; for tests and statistics.
  struct Pair {
    std::vector<int32_t> first, second;
    int64_t first_document = 0, second_document = 0;
    bool random_next = false;
  };
  Pair draw_pair(Rng& rng) const;

 private:
  struct Start {
    int64_t number, document, index;  // of a sentence: in the set, its document, its index in that document
  };
  void append_sample(Rng rng, PackedBatch& batch) const;
  Start draw_start(Rng& rng) const;
  Pair draw_single(Rng& rng) const;
  int64_t draw_target_length(Rng& rng, int64_t max_tokens) const;
  // Whole sentences from here until the given numbers of tokens and sentences are reached, or the document
  // ends.
  std::vector<SentenceIds> collect(int64_t document, int64_t index, int64_t num_tokens,
                                   size_t num_sentences) const;
  std::vector<int32_t> draw_from_another_document(const Start& start, int64_t num_tokens, Pair& pair,
                                                  Rng& rng) const;

  const ShardSet* shards_;
  const Tokenizer* tokenizer_;
  DataConfig config_;
  MaskOptions mask_options_;
  MaskVocabulary vocabulary_;
  uint64_t seed_;
};

// Removes tokens from the longer text, one at a time, at its front or back with equal probability, until both
// fit.
void truncate_pair(std::vector<int32_t>& first, std::vector<int32_t>& second, int64_t max_tokens, Rng& rng);

}  // namespace rpp
