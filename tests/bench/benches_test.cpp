// Checks what the benchmarks report, never how fast anything is.
#include "measure/benches.h"

#include <gtest/gtest.h>

#include "bert_format/model_config.h"
#include "data/fake_tokenizer.h"
#include "rpp/error.h"

namespace rpp {
namespace {

ModelConfig tiny() {
  ModelConfig config;
  config.vocab_size = 50;
  config.hidden_size = 16;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 2;
  config.intermediate_size = 32;
  config.max_position_embeddings = 32;
  return config;
}

TrainBench one_step(const std::vector<int64_t>& lengths) {
  TrainBench bench;
  bench.model_name = "tiny";
  bench.model = tiny();
  bench.rows.lengths = lengths;
  bench.steps = 1;
  bench.num_threads = 1;
  return bench;
}

TEST(TrainBench, CountsTokensAndFlopsOfItsRows) {
  auto bench = one_step({20, 20, 20});
  bench.method = "rpp";
  bench.precision = "fp32";
  const auto line = bench_train(bench).front();
  EXPECT_EQ(line.at("model"), "tiny");
  EXPECT_EQ(line.at("threads"), 1);
  const double encoder = 6.0 * 2 * (4 * 16 * 16 + 2 * 16 * 32), attention = 12.0 * 2 * 16 * 20;
  const double head = 6 * 0.15 * (16 * 16 + 50 * 16), pooler = 6 * (16 * 16 + 2 * 16) / 20.0;
  EXPECT_DOUBLE_EQ(line.at("flops_per_token").get<double>(), encoder + attention + head + pooler);
  EXPECT_GT(line.at("share_of_gemm").get<double>(), 0.0);
  EXPECT_GT(line.at("peak_bytes").get<int64_t>(), 1 << 20);
}

TEST(TrainBench, SharesOfAStepAddUpToOne) {
  const auto line = bench_train(one_step({20, 20})).front();
  double sum = 0;
  for (const auto& [name, share] : line.at("sections").items()) sum += share.get<double>();
  EXPECT_NEAR(sum, 1.0, 1e-9);
  for (const char* name : {"attention", "elementwise", "embedding", "gemm", "loss", "optimizer", "rest"}) {
    EXPECT_GT(line.at("sections").at(name).get<double>(), 0.0) << name;
  }
}

TEST(MemoryBench, HasALineForEachSizeInPowersOfTenAndThreeTimesThose) {
  auto bench = one_step(std::vector<int64_t>(4, 20));
  bench.steps = 31;
  const auto lines = bench_memory(bench);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].at("step"), 10);
  EXPECT_EQ(lines[1].at("step"), 30);
  EXPECT_EQ(lines[2].at("step"), 31);
  for (const auto& line : lines) {
    EXPECT_GT(line.at("resident_bytes").get<int64_t>(), 1 << 20);
    EXPECT_GE(line.at("peak_bytes").get<int64_t>(), line.at("resident_bytes").get<int64_t>());
    EXPECT_GT(line.at("tokens_per_second").get<double>(), 0.0);
  }
}

TEST(OptimizerBench, HasALineForEveryRule) {
  const auto lines = bench_optimizer({.model = tiny(), .repeat = 1, .num_threads = 1});
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0].at("rule"), "dense");
  EXPECT_EQ(lines[2].at("rule"), "prox");
  EXPECT_EQ(lines[4].at("rule"), "prox, preconditioned, blocks of 4");
  for (const auto& line : lines) EXPECT_GT(line.at("share_of_copy").get<double>(), 0.0);
}

TEST(CheckpointBench, CountsAllFilesAndLeavesNone) {
  const TestDir dir("bench_checkpoint");
  const auto line = bench_checkpoint({.model = tiny(), .directory = dir / "new", .repeat = 1}).front();
  EXPECT_GT(line.at("bytes").get<int64_t>(), 3 * 4 * 5000);  // weights and both moments of 5,826 parameters
  EXPECT_FALSE(std::filesystem::exists(dir / "new"));
  EXPECT_THROW(bench_checkpoint({.model = tiny(), .directory = dir.path(), .repeat = 1}), Error);
}

}  // namespace
}  // namespace rpp
