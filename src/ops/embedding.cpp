#include "rpp/ops/embedding.h"

#include <array>

#include "dispatch.h"
#include "rpp/ops/composite.h"
#include "rpp/ops/section.h"

namespace rpp {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Threads share out columns, so that every sum runs over the tokens in their order.
constexpr int64_t kColumnBlock = 64;

constexpr std::array kTableNames = {"word", "position", "token type"};

torch::Tensor checked_ids(const torch::Tensor& ids, const torch::Tensor& table, std::string_view name) {
  auto wide = ids.to(torch::kInt64).contiguous();
  const auto* values = wide.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < wide.numel(); ++i) {
    RPP_CHECK(values[i] >= 0 && values[i] < table.size(0),
              "{} id {} at token {} is outside the embedding of {} rows: the data and the model do not fit",
              name, values[i], i, table.size(0));
  }
  return wide;
}

// sum[token] += table[ids[token]]
void gather_add_into(const torch::Tensor& sum, const torch::Tensor& ids, const torch::Tensor& table) {
  const int64_t hidden = table.size(1);
  const auto* rows = table.const_data_ptr<float>();
  const auto* row_of = ids.const_data_ptr<int64_t>();
  auto* sums = sum.mutable_data_ptr<float>();
  at::parallel_for(0, ids.numel(), row_grain(hidden), [&](int64_t begin, int64_t end) {
    for (int64_t token = begin; token < end; ++token) {
      const float* __restrict row = rows + row_of[token] * hidden;
      float* __restrict to = sums + token * hidden;
      for (int64_t i = 0; i < hidden; ++i) to[i] += row[i];
    }
  });
}

// table_grad[ids[token]] += grad[token]
void scatter_add_into(const torch::Tensor& table_grad, const torch::Tensor& ids, const torch::Tensor& grad) {
  const int64_t hidden = grad.size(1);
  const auto* from = grad.const_data_ptr<float>();
  const auto* row_of = ids.const_data_ptr<int64_t>();
  auto* rows = table_grad.mutable_data_ptr<float>();
  at::parallel_for(0, (hidden + kColumnBlock - 1) / kColumnBlock, 1, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * kColumnBlock;
    const int64_t last = std::min(hidden, end * kColumnBlock);
    for (int64_t token = 0; token < ids.numel(); ++token) {
      const float* __restrict row = from + token * hidden;
      float* __restrict to = rows + row_of[token] * hidden;
      for (int64_t i = first; i < last; ++i) to[i] += row[i];
    }
  });
}

torch::Tensor table_grad(const torch::Tensor& table, const torch::Tensor& ids, const torch::Tensor& grad) {
  if (table.grad().defined()) {
    scatter_add_into(table.grad(), ids, grad);
    return {};
  }
  auto dense = torch::zeros_like(table);
  scatter_add_into(dense, ids, grad);
  return dense;
}

struct BertEmbedding : torch::autograd::Function<BertEmbedding> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& input_ids,
                               const torch::Tensor& position_ids, const torch::Tensor& token_type_ids,
                               const torch::Tensor& word_table, const torch::Tensor& position_table,
                               const torch::Tensor& token_type_table) {
    const Section section("rpp::embedding");
    const std::array ids = {input_ids, position_ids, token_type_ids};
    const std::array tables = {word_table, position_table, token_type_table};
    auto sum = torch::zeros({input_ids.numel(), word_table.size(1)});  // [tokens, hidden]
    variable_list saved;
    for (size_t i = 0; i < tables.size(); ++i) {
      saved.push_back(checked_ids(ids[i], tables[i], kTableNames[i]));
      gather_add_into(sum, saved.back(), tables[i]);
    }
    saved.insert(saved.end(), tables.begin(), tables.end());
    context->save_for_backward(std::move(saved));
    return sum;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const Section section("rpp::embedding");
    const auto saved = context->get_saved_variables();
    const auto grad = grads[0].contiguous();
    variable_list result(6);
    for (size_t i = 0; i < kTableNames.size(); ++i) result[3 + i] = table_grad(saved[3 + i], saved[i], grad);
    return result;
  }
};

}  // namespace

torch::Tensor bert_embedding(const torch::Tensor& input_ids, const torch::Tensor& token_type_ids,
                             const torch::Tensor& position_ids, const torch::Tensor& word_table,
                             const torch::Tensor& position_table, const torch::Tensor& token_type_table) {
  if (is_composite(word_table)) {
    return composite::embedding(input_ids, token_type_ids, position_ids, word_table, position_table,
                                token_type_table);
  }
  return BertEmbedding::apply(input_ids, position_ids, token_type_ids, word_table, position_table,
                              token_type_table);
}

}  // namespace rpp
