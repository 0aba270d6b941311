#include "ops/attention.h"

#include "ops/compare.h"
#include "ops/composite.h"
#include "ops/dropout_mask.h"

namespace rpp {
namespace {

struct Case {
  std::vector<int32_t> lengths;
  AttentionHeads heads;
};

// The last two are shapes after compaction: fewer, or more, query-key dimensions than value dimensions.
const std::vector<Case> kCases = {
    {{1}, equal_heads(1, 1)},
    {{5, 1, 9}, equal_heads(24, 3)},
    {{33, 2}, equal_heads(34, 2)},
    {{64, 128, 7}, equal_heads(64, 2)},
    {{130}, equal_heads(64, 1)},
    {{511, 1, 18}, equal_heads(64, 2)},
    {{6, 35}, {.num_heads = 2, .query_key_dim = 5, .value_dim = 18, .scale = 0.25}},
    {{40}, {.num_heads = 3, .query_key_dim = 17, .value_dim = 1, .scale = 0.5}}};
constexpr uint64_t kSeed = 11;

// The dropout factors of one head: [length, length].
torch::Tensor factors(const DropoutRule& rule, int64_t first_token, int64_t length, int64_t head,
                      int64_t heads) {
  auto mask = torch::empty({length, length}, torch::kFloat64);
  for (int64_t i = 0; i < length; ++i) {
    for (int64_t j = 0; j < length; ++j) {
      mask[i][j] = dropout_factor(rule, attention_index(first_token + i, head, heads, j));
    }
  }
  return mask;
}

torch::Tensor reference(const torch::Tensor& qkv, const SequenceLayout& layout, const AttentionHeads& heads,
                        double rate) {
  const int64_t dim = heads.query_key_dim, keys = heads.num_heads * dim;
  Tensors sequences;
  for (int64_t s = 0; s < layout.num_sequences(); ++s) {
    const int64_t begin = layout.host_cu_seqlens[s], length = layout.host_cu_seqlens[s + 1] - begin;
    const auto rows = qkv.narrow(0, begin, length);
    Tensors outputs;
    for (int64_t h = 0; h < heads.num_heads; ++h) {
      const auto q = rows.narrow(1, h * dim, dim), k = rows.narrow(1, keys + h * dim, dim);
      const auto probs = torch::softmax(torch::mm(q, k.t()) * heads.scale, -1);
      const auto dropped = probs * factors(dropout_rule(rate, kSeed), begin, length, h, heads.num_heads);
      outputs.push_back(torch::mm(dropped, rows.narrow(1, 2 * keys + h * heads.value_dim, heads.value_dim)));
    }
    sequences.push_back(torch::cat(outputs, 1));
  }
  return torch::cat(sequences, 0);
}

ReferenceTest reference_test(const Case& c, double rate, uint64_t seed) {
  const auto layout = layout_of_lengths(c.lengths);
  const auto qkv = random_tensor({layout.host_cu_seqlens.back(), c.heads.qkv_size()}, seed);
  return {[=](const Tensors& in) { return varlen_attention(in[0], layout, c.heads, rate, kSeed); },
          [=](const Tensors& in) { return reference(in[0], layout, c.heads, rate); },
          {qkv},
          {true}};
}

TEST(Attention, AgreesWithTheFormulaForwardAndBackward) {
  for (const auto& c : kCases) reference_test(c, 0.0, 1).run_in_both_precisions();
}

TEST(Attention, DropoutUsesTheMaskOfItsSeed) {
  for (const auto& c : {kCases[1], kCases[2], kCases[6]}) reference_test(c, 0.3, 2).run_in_both_precisions();
}

TEST(Attention, CompositeAgreesWithTheFormula) {
  for (const auto& c : kCases) {
    auto test = reference_test(c, 0.0, 3);
    const auto layout = layout_of_lengths(c.lengths);
    test.op = [=](const Tensors& in) { return composite::attention(in[0], layout, c.heads, 0.0, kSeed); };
    test.run(torch::kFloat32, 2e-6);
    test.run(torch::kBFloat16, 3e-2);
  }
}

TEST(Attention, CompositeDropoutKeepsTheMeanAndDependsOnTheSeed) {
  const auto layout = layout_of_lengths({40, 25});
  const auto qkv = torch::ones({65, 3 * 64});  // uniform probabilities over values of one
  const auto run = [&](uint64_t seed) {
    return composite::attention(qkv, layout, equal_heads(64, 4), 0.2, seed);
  };
  EXPECT_NEAR(run(1).mean().item<double>(), 1.0, 0.02);
  EXPECT_TRUE(torch::equal(run(1), run(1)));
  EXPECT_FALSE(torch::equal(run(1), run(2)));
}

TEST(Attention, LargeScoresDoNotOverflow) {
  const auto layout = layout_of_lengths({20});
  const auto context =
      varlen_attention(random_tensor({20, 48}, 4) * 100, layout, equal_heads(16, 2), 0.0, kSeed);
  EXPECT_TRUE(torch::isfinite(context).all().item<bool>());
}

TEST(Attention, DoesNotDependOnTheNumberOfThreads) {
  const auto layout = layout_of_lengths({30, 50, 20});
  for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
    const auto [one, two] = with_one_and_two_threads([&] {
      return run_op(
          [&](const Tensors& in) { return varlen_attention(in[0], layout, equal_heads(64, 4), 0.1, kSeed); },
          {random_tensor({100, 3 * 64}, 5)}, {type});
    });
    expect_same_bits(one, two);
  }
}

}  // namespace
}  // namespace rpp
