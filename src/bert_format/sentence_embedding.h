// How a model's last hidden states become one vector per text: by the sentence-transformers files beside it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bert_format/dense_module.h"
#include "bert_format/model_file.h"

namespace rpp {

// Over the tokens of a text; cls: the first of them. mean_sqrt_length: the sum divided by the square root of
// their number; weighted_mean: weights 1, 2, 3, ...
enum class Pooling { cls, max, mean, mean_sqrt_length, weighted_mean, last };

struct SentenceEmbedding {
  std::vector<Pooling> poolings = {Pooling::mean};  // their results are concatenated
  std::vector<DenseModule> dense;                   // behind the pooling, one after the other
  bool normalized = false;                          // to length 1
  std::string prompt;                               // prepended to every text; the default of `prompts`
  std::map<std::string, std::string> prompts;       // by name: "query", "passage"
  bool pool_prompt = true;                          // if false, [CLS] and the prompt are excluded
  int64_t max_seq_length = 0;                       // tokens read per text; 0: not specified

  int64_t size(int64_t hidden) const {
    return dense.empty() ? hidden * static_cast<int64_t>(poolings.size()) : dense.back().out;
  }
};

// The files of a model directory that say this, relative to it; empty without modules.json. Only those that
// exist. Throws Error when modules.json is damaged.
std::vector<std::filesystem::path> sentence_embedding_files(const std::filesystem::path& model_dir);
// Copies them into the directory `to`.
void copy_sentence_embedding_files(const std::filesystem::path& from, const std::filesystem::path& to);

// Reads modules.json, its Pooling module's config.json, sentence_bert_config.json and
// config_sentence_transformers.json. Without modules.json: the unnormalised mean. Throws Error naming the
// file for modules other than one Transformer, one Pooling, any number of Dense and one Normalize in this
// order, and for damaged files.
SentenceEmbedding read_sentence_embedding(const ModelFile& file);

}  // namespace rpp
