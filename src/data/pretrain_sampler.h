// Pre-training examples: masked sentence pairs drawn from shards.
//
// Pairs are made as in google-research/bert, create_pretraining_data.py (create_instances_from_document), but
// one at a time from a random sentence, so that sample i of step s is a pure function of (seed, s, i). Two
// differences follow from that: a pair is real with chance one half wherever it starts (there a last sentence
// always becomes negative), and the document of a negative is drawn by its number of sentences, as that of
// the first part is.
#pragma once

#include <cstdint>

#include "config/config.h"
#include "data/batch.h"
#include "data/batch_shape.h"
#include "data/mlm.h"
#include "data/shards.h"

namespace rpp {

// Refers to shards and tokenizer, which must outlive it. Every const member may be called from many threads.
class PretrainSampler {
 public:
  // Throws Error when next_sentence is asked of fewer than two documents, and for shards of another
  // vocabulary. Warns where few documents have two sentences.
  PretrainSampler(const ShardSet& shards, const Tokenizer& tokenizer, const DataConfig& config,
                  uint64_t seed);

  // Samples [first_sample, first_sample + count) of this step: the same however the step is cut into
  // micro-batches. labels: 0 = is next, 1 = from another document; empty without next_sentence.
  PackedBatch batch(int64_t step, int64_t first_sample, int64_t count) const;

  // Samples [first_sample, first_sample + count) of the evaluation stream: the same pairs and masks at every
  // evaluation.
  PackedBatch eval_batch(int64_t first_sample, int64_t count) const;

  // What every batch of so many samples fits into.
  BatchShape shape(int64_t count) const;

  const ShardSet& shards() const { return *shards_; }

  // Whether samples are pairs with a label.
  bool next_sentence() const { return config_.next_sentence; }

  // A pair before masking, and where its parts come from; for tests and statistics.
  struct Pair {
    std::vector<int32_t> first, second;
    int64_t first_document = 0, second_document = 0;
    bool random_next = false;
  };
  Pair draw_pair(Rng& rng) const;

 private:
  struct Start {
    int64_t number, document, index;  // of a sentence: in the set, its document, its place there
  };
  void append_sample(Rng rng, PackedBatch& batch) const;
  Start draw_start(Rng& rng) const;
  Pair draw_single(Rng& rng) const;
  int64_t draw_target_length(Rng& rng, int64_t max_tokens) const;
  // Whole sentences from here on until there are so many tokens and so many sentences, or the document ends.
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

// Shortens the longer of the two by one token, at its front or back with equal chance, until both together
// fit.
void truncate_pair(std::vector<int32_t>& first, std::vector<int32_t>& second, int64_t max_tokens, Rng& rng);

}  // namespace rpp
