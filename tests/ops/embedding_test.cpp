#include "ops/embedding.h"

#include <gmock/gmock.h>

#include "ops/compare.h"
#include "ops/composite.h"
#include "rpp/error.h"

namespace rpp {
namespace {

const std::vector<torch::ScalarType> kTypes(3, torch::kFloat32);

// Ids repeat, so the gradients of a row add up.
struct Ids {
  torch::Tensor input = torch::tensor({4, 1, 4, 4, 0, 6, 1}, torch::kInt64);
  torch::Tensor types = torch::tensor({0, 0, 1, 1, 0, 1, 1}, torch::kInt64);
  torch::Tensor positions = torch::tensor({0, 1, 2, 3, 0, 1, 2}, torch::kInt64);
};

Tensors tables(int64_t hidden) {
  return {random_tensor({7, hidden}, 1), random_tensor({5, hidden}, 2), random_tensor({2, hidden}, 3)};
}

torch::Tensor fused(const Ids& ids, const Tensors& in) {
  return bert_embedding(ids.input, ids.types, ids.positions, in[0], in[1], in[2]);
}

TEST(Embedding, SumsThreeRowsAndAddsGradientsOfRepeatedIds) {
  const Ids ids;
  for (const int64_t hidden : {1, 33, 130}) {
    const ReferenceTest test = {[&](const Tensors& in) { return fused(ids, in); },
                                [&](const Tensors& in) {
                                  return in[0].index({ids.input}) + in[1].index({ids.positions}) +
                                         in[2].index({ids.types});
                                },
                                tables(hidden),
                                {false, false, false}};
    test.run(torch::kFloat32, 1e-6);
  }
}

TEST(Embedding, CompositeAgreesWithTheFastOp) {
  const Ids ids;
  const auto run = [&](const Op& op) { return run_op(op, tables(33), kTypes); };
  const auto a = run([&](const Tensors& in) { return fused(ids, in); });
  const auto b = run([&](const Tensors& in) {
    return composite::embedding(ids.input, ids.types, ids.positions, in[0], in[1], in[2]);
  });
  expect_close(a.value, b.value.to(torch::kFloat64), 1e-6);
  for (size_t i = 0; i < 3; ++i) expect_close(a.grads[i], b.grads[i].to(torch::kFloat64), 1e-6);
}

TEST(Embedding, AccumulatesIntoAnExistingGradient) {
  const Ids ids;
  auto leaves = tables(8);
  for (auto& table : leaves) {
    table.requires_grad_(true);
    table.mutable_grad() = torch::ones_like(table);
  }
  const auto* buffer = leaves[0].grad().const_data_ptr();
  fused(ids, leaves).sum().backward();
  EXPECT_EQ(leaves[0].grad().const_data_ptr(), buffer);
  EXPECT_EQ(leaves[0].grad()[4][0].item<float>(), 1.0F + 3.0F);  // id 4 occurs at three tokens
  EXPECT_EQ(leaves[0].grad()[5][0].item<float>(), 1.0F);         // id 5 does not occur
}

TEST(Embedding, AnIdOutOfRangeIsNamed) {
  Ids ids;
  ids.input[2] = 7;
  try {
    fused(ids, tables(8));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("word id 7 at token 2 is outside the embedding of 7 rows"));
  }
}

}  // namespace
}  // namespace rpp
