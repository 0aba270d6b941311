// Examples as token ids, and batches of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/batch.h"
#include "data/glue.h"
#include "rpp/tokenizer.h"

namespace rpp {

struct EncodedExample {
  std::vector<int32_t> ids;       // [CLS] a [SEP], or [CLS] a [SEP] b [SEP]
  std::vector<int32_t> type_ids;  // 0 up to the first [SEP], then 1
  int32_t label = 0;
  float score = 0;
  bool was_cut = false;                 // the text was truncated
  std::vector<int32_t> label_set = {};  // multi_label: classes, ascending
};

enum class Texts { single, pair };

// The task decides, whatever its rows contain: an empty second text of a pair is kept.
Texts texts_of(const GlueTask& task);

// Long texts are truncated (tokenizer/sequence.h). num_threads: 0 = the machine's cores.
std::vector<EncodedExample> encode_glue(std::span<const GlueExample> examples, Texts texts,
                                        const Tokenizer& tokenizer, int64_t max_seq_length,
                                        int num_threads = 0);

// Encodes one example.
EncodedExample encode_example(const GlueExample& example, Texts texts, const Tokenizer& tokenizer,
                              int64_t max_seq_length);

int64_t num_cut(std::span<const EncodedExample> examples);

// The examples with these indices, packed: with `scores` for regression, else `labels`.
PackedBatch make_batch(std::span<const EncodedExample> examples, std::span<const int64_t> indices,
                       bool regression);

// The same as the task asks for: for multi_label with `scores` that are 1 for the labels of an example and 0
// for the others.
PackedBatch make_task_batch(std::span<const EncodedExample> examples, std::span<const int64_t> indices,
                            const GlueTask& task);

// 0 .. count - 1 in the random order of this epoch: a function of (seed, epoch).
std::vector<int64_t> epoch_order(int64_t count, uint64_t seed, int64_t epoch);

}  // namespace rpp
