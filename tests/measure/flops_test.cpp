#include "measure/flops.h"
#include "bert_format/model_config.h"

#include <gtest/gtest.h>

namespace rpp {
namespace {

constexpr int64_t kPaddedVocab = 30528;

ModelConfig base() {
  ModelConfig config;
  config.vocab_size = kPaddedVocab;
  return config;
}

ModelConfig large() {
  ModelConfig config = base();
  config.hidden_size = 1024;
  config.num_hidden_layers = 24;
  config.num_attention_heads = 16;
  config.intermediate_size = 4096;
  return config;
}

// Full rows, 15 % of the tokens predicted.
double megaflops(const ModelConfig& config, double length) {
  return training_flops_per_token(config,
                                  {.attended = length, .predictions = 0.15, .sequences = 1 / length}) /
         1e6;
}

TEST(Flops, MatchTheFormulaForBertBase) {
  EXPECT_NEAR(megaflops(base(), 128), 545, 1);
  EXPECT_NEAR(megaflops(base(), 512), 588, 1);
  EXPECT_NEAR(megaflops(large(), 128), 1879, 1);
  EXPECT_NEAR(megaflops(large(), 512), 1992, 1);
}

TEST(Flops, EachPartIsCountedSeparately) {
  const double d = 768, encoder = 72 * 12 * d * d;
  EXPECT_DOUBLE_EQ(training_flops_per_token(base(), {}), encoder);
  EXPECT_DOUBLE_EQ(training_flops_per_token(base(), {.attended = 10}) - encoder, 12 * 12 * d * 10);
  EXPECT_DOUBLE_EQ(training_flops_per_token(base(), {.predictions = 1}) - encoder,
                   6 * (d * d + kPaddedVocab * d));
  EXPECT_DOUBLE_EQ(training_flops_per_token(base(), {.sequences = 1}) - encoder, 6 * (d * d + 2 * d));
}

TEST(Flops, ASmallerLayerNeedsLess) {
  ModelConfig config = base();
  config.num_hidden_layers = 2;
  config.layer_sizes = {
      {.num_attention_heads = 12, .query_key_dim = 64, .value_dim = 64, .intermediate_size = 3072},
      {.num_attention_heads = 6, .query_key_dim = 32, .value_dim = 64, .intermediate_size = 100}};
  const double whole = 72 * 768.0 * 768, half = 6 * 2 * 768.0 * (6 * 32 + 6 * 64 + 100);
  EXPECT_DOUBLE_EQ(training_flops_per_token(config, {}), whole + half);
}

}  // namespace
}  // namespace rpp
