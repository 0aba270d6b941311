#include "ops/embedding_kernel.h"

#include <numeric>

#include "arrays.h"

namespace rpp::test {
namespace {

std::vector<int64_t> random_ids(int64_t tokens, int64_t rows, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int64_t> ids(static_cast<size_t>(tokens));
  for (auto& id : ids) id = static_cast<int64_t>(random() % static_cast<uint32_t>(rows));
  return ids;
}

TEST(EmulatedEmbedding, TheSumEqualsTheLoop) {
  for (const int64_t tokens : {0, 1, 33}) {
    for (const int64_t hidden : {1, 127, 129, 768}) {
      EmbeddingSum op;
      std::vector<float> tables[kEmbeddingTables], cuda(static_cast<size_t>(tokens * hidden)), cpu(cuda);
      std::vector<int64_t> ids[kEmbeddingTables];
      for (int t = 0; t < kEmbeddingTables; ++t) {
        tables[t] = random_values<float>(7 * hidden, static_cast<uint32_t>(t));
        ids[t] = random_ids(tokens, 7, static_cast<uint32_t>(10 + t));
        op.tables[t] = tables[t].data();
        op.ids[t] = ids[t].data();
        op.num_rows[t] = 7;
        gather_add_rows(tables[t].data(), ids[t].data(), cpu.data(), hidden, 0, tokens);
      }
      op.sums = cuda.data();
      op.hidden = hidden;
      EXPECT_EQ(embedding_sum_cuda(op, tokens, nullptr), cudaSuccess);
      EXPECT_EQ(cuda, cpu) << tokens << " x " << hidden;
    }
  }
}

void expect_scatter(const std::vector<int64_t>& ids, int64_t rows, int64_t hidden) {
  const auto tokens = static_cast<int64_t>(ids.size());
  const auto grad = random_values<float>(tokens * hidden, 1);
  auto cuda = random_values<float>(rows * hidden, 2), cpu = cuda;
  std::vector<int64_t> order(ids.size()), sorted;
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return ids[static_cast<size_t>(a)] < ids[static_cast<size_t>(b)];
  });
  for (const int64_t token : order) sorted.push_back(ids[static_cast<size_t>(token)]);
  std::vector<float> scratch(static_cast<size_t>(scatter_chunks(tokens) * 2 * hidden), NAN);
  const SortedScatter op = {.grad = grad.data(),
                            .sorted_ids = sorted.data(),
                            .order = order.data(),
                            .table_grad = cuda.data(),
                            .scratch = scratch.data(),
                            .tokens = tokens,
                            .hidden = hidden};
  EXPECT_EQ(scatter_add_rows_cuda(op, nullptr), cudaSuccess);
  scatter_add_rows(grad.data(), ids.data(), tokens, cpu.data(), hidden, 0, hidden);
  expect_near(cuda, cpu, 8.0F);
}

TEST(EmulatedEmbedding, TheScatterEqualsTheLoop) {
  for (const int64_t tokens : {0, 1, 31, 32, 33, 64, 65, 400}) {
    for (const int64_t rows : {1, 2, 9, 1000}) {
      SCOPED_TRACE(testing::Message() << tokens << " tokens, " << rows << " rows");
      expect_scatter(random_ids(tokens, rows, 5), rows, 129);
    }
  }
}

// Runs of 20, 44, 32, 33 and 31 tokens: inside a chunk, across chunks, whole chunks, and ending at a
// boundary.
TEST(EmulatedEmbedding, RunsOfEqualIdsMayCrossChunks) {
  std::vector<int64_t> ids;
  for (const auto& [id, count] : {std::pair<int64_t, size_t>{0, 20}, {2, 44}, {3, 32}, {4, 33}, {5, 31}}) {
    ids.insert(ids.end(), count, id);
  }
  expect_scatter(ids, 6, 3);
}

TEST(EmulatedEmbedding, ABlockTakes32TokensAnd128Columns) {
  taken_blocks();
  expect_scatter(random_ids(65, 9, 5), 9, 129);
  EXPECT_EQ(taken_blocks(), (Blocks{{3, 2}, {3, 2}}));
}

}  // namespace
}  // namespace rpp::test
