// How a model's last hidden states become one vector of a text: by the files of sentence-transformers beside
// it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bert_format/model_file.h"

namespace rpp {

// Over the tokens of a text; cls: the first of them. mean_sqrt_length: the sum over the root of their number;
// weighted_mean: weights 1, 2, 3, ...
enum class Pooling { cls, max, mean, mean_sqrt_length, weighted_mean, last };

struct SentenceEmbedding {
  std::vector<Pooling> poolings = {Pooling::mean};  // their results lie side by side
  bool normalized = false;                          // to a length of 1
  std::string prompt;                               // stands before every text
  bool pool_prompt = true;                          // else [CLS] and the prompt take no part
  int64_t max_seq_length = 0;                       // tokens that are read of a text; 0: the files do not say

  int64_t size(int64_t hidden) const { return hidden * static_cast<int64_t>(poolings.size()); }
};

// By modules.json, its Pooling module's config.json, sentence_bert_config.json and
// config_sentence_transformers.json. Without modules.json: the mean, not normalised. Throws Error naming the
// file for modules other than one Transformer, one Pooling and one Normalize in this order, by their types,
// and for what is damaged.
SentenceEmbedding read_sentence_embedding(const ModelFile& file);

}  // namespace rpp
