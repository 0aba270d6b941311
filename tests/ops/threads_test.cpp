// Every loop runs on all of Torch's threads and gives the same bits with one thread.
#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

#include "compare.h"
#include "ops/cross_entropy.h"
#include "ops/dispatch.h"
#include "ops/dropout.h"
#include "ops/embedding.h"
#include "ops/gelu.h"
#include "ops/layer_norm.h"
#include "ops/linear.h"

namespace rpp {
namespace {

TEST(RunSplit, EveryThreadGetsAPart) {
  const auto [one, two] = with_one_and_two_threads([] {
    std::mutex mutex;
    std::set<std::thread::id> threads;
    run_split(
        torch::empty({0}), 2, 1,
        [&](int64_t, int64_t) {
          const std::lock_guard lock(mutex);
          threads.insert(std::this_thread::get_id());
        },
        [](auto) { return 0; });
    return threads.size();
  });
  EXPECT_EQ(one, 1);
  EXPECT_EQ(two, 2);
}

struct ThreadsCase {
  std::string name;
  Op op;
  Tensors inputs;
};

void PrintTo(const ThreadsCase& given, std::ostream* out) {
  *out << given.name;
}

// Sizes that are not multiples of any number of threads or lanes.
constexpr int64_t kRows = 301, kColumns = 203;

torch::Tensor rows() {
  return random_tensor({kRows, kColumns}, 1);
}

torch::Tensor ids(int64_t below) {
  return (torch::arange(kRows) * 7).remainder(below);
}

std::vector<ThreadsCase> cases() {
  return {
      {"dropout", [](const Tensors& in) { return rpp::dropout(in[0], 0.1, uint64_t{5}); }, {rows()}},
      {"gelu", [](const Tensors& in) { return rpp::gelu(in[0]); }, {rows()}},
      {"layer_norm",
       [](const Tensors& in) {
         return dropout_add_layer_norm(in[0], in[0], in[1], in[2], 1e-12, 0.1, uint64_t{9});
       },
       {rows(), random_tensor({kColumns}, 2), random_tensor({kColumns}, 3)}},
      {"bias",  // the matmul is Torch's: of zeros here
       [](const Tensors& in) {
         return linear(torch::zeros({kRows, 2}), torch::zeros({in[0].numel(), 2}), in[0]);
       },
       {random_tensor({10 * kColumns}, 4)}},
      {"embedding",
       [](const Tensors& in) { return bert_embedding(ids(11), ids(2), ids(5), in[0], in[1], in[2]); },
       {random_tensor({11, kColumns}, 5), random_tensor({5, kColumns}, 6), random_tensor({2, kColumns}, 7)}},
      {"cross_entropy",
       [](const Tensors& in) { return cross_entropy(in[0], ids(kColumns)).loss_sum; },
       {rows()}},
  };
}

class Threads : public ::testing::TestWithParam<ThreadsCase> {};
INSTANTIATE_TEST_SUITE_P(Ops, Threads, ::testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

TEST_P(Threads, DoNotChangeABit) {
  const auto& [name, op, inputs] = GetParam();
  for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
    std::vector<torch::ScalarType> types(inputs.size(), torch::kFloat32);
    if (inputs[0].size(0) == kRows) types[0] = type;  // an activation; the others are parameters
    const auto [one, two] = with_one_and_two_threads([&] { return run_op(op, inputs, types); });
    expect_same_bits(one, two);
  }
}

}  // namespace
}  // namespace rpp
