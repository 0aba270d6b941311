// A whole pre-training run that takes a second: a vocabulary of whole words, a corpus, a two-layer BERT.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "config/config.h"
#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"
#include "data/shards.h"
#include "rpp/tokenizer.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp::test {

inline constexpr int kNumWords = 100;  // w0 ... w99

inline std::string vocabulary_text() {
  std::string text = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  for (int word = 0; word < kNumWords; ++word) text += fmt::format("w{}\n", word);
  return text;
}

inline constexpr const char* kTinyModel =
    "vocab_size: 105\nhidden_size: 16\nnum_hidden_layers: 2\nnum_attention_heads: 2\nintermediate_size: 24\n"
    "max_position_embeddings: 64\n";

// The directory of the running test, with vocab.txt, model.yaml and shards/.
class TinyRun : public testing::Test {
 protected:
  TinyRun() : dir_(fmt::format("train_{}", testing::UnitTest::GetInstance()->current_test_info()->line())) {
    dir_.write("vocab.txt", vocabulary_text());
    dir_.write("model.yaml", kTinyModel);
    build_shards({.inputs = {dir_.write("corpus.txt", corpus_text(9, 12))}, .output_dir = dir_ / "shards"},
                 *load_tokenizer(dir_ / "vocab.txt"));
  }

  std::string path(const std::string& name) const { return (dir_ / name).string(); }

  // `method` for 12 steps of 8 sequences, written to output_dir "run".
  PretrainConfig config(const std::string& method = "dense") const {
    PretrainConfig config;
    config.model_config = path("model.yaml");
    config.tokenizer = path("vocab.txt");
    config.output_dir = path("run");
    config.data.train = {path("shards")};
    config.data.valid = {path("shards")};
    config.data.max_seq_length = 32;
    config.data.max_predictions = 5;
    config.optimizer.learning_rate = 1e-3;
    config.prune.method = prune_method(method);
    config.prune.rpp.rounds = 3;
    config.prune.rpp.gamma = 2e-2;
    config.prune.recovery_share = 0;
    config.prune.nip.stages = 3;
    config.prune.target_ratio = 0.6;
    config.train.steps = 12;
    config.train.batch_size = 8;
    config.train.eval_batches = 2;
    config.train.num_threads = 2;
    return config;
  }

  TestDir dir_;
};

}  // namespace rpp::test
