#include "ops/embedding.h"

#include <array>

#include "dispatch.h"
#include "embedding_kernel.h"
#include "ops/composite.h"
#include "ops/section.h"

namespace rpp {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Threads split the columns, so that every sum runs over the tokens in order.
constexpr int64_t kEmbeddingColumns = 64;

constexpr std::array kTableNames = {"word", "position", "token type"};

torch::Tensor checked_ids(const torch::Tensor& ids, const torch::Tensor& table, std::string_view name) {
  auto wide = ids.to(torch::kInt64).contiguous();
  if (!wide.is_cpu()) return wide;
  const auto* values = wide.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < wide.numel(); ++i) {
    RPP_CHECK(values[i] >= 0 && values[i] < table.size(0),
              "{} id {} at token {} is outside the embedding of {} rows: the data and the model do not fit",
              name, values[i], i, table.size(0));
  }
  return wide;
}

// sum[token] = the sum of the rows of its ids
void sum_rows_into(const torch::Tensor& sum, const variable_list& ids, const variable_list& tables) {
  const int64_t hidden = sum.size(1);
  const int64_t tokens = sum.size(0);
  run_kernel(
      sum,
      [&] {
        sum.zero_();
        for (size_t t = 0; t < tables.size(); ++t) {
          at::parallel_for(0, tokens, row_grain(hidden), [&](int64_t begin, int64_t end) {
            gather_add_rows(input<float>(tables[t]), input<int64_t>(ids[t]), output<float>(sum), hidden,
                            begin, end);
          });
        }
      },
      [&](auto stream) {
        EmbeddingSum op = {.sums = output<float>(sum), .hidden = hidden};
        for (size_t t = 0; t < tables.size(); ++t) {
          op.tables[t] = input<float>(tables[t]);
          op.ids[t] = input<int64_t>(ids[t]);
          op.num_rows[t] = tables[t].size(0);
        }
        return embedding_sum_cuda(op, tokens, stream);
      });
}

// table_grad[ids[token]] += grad[token]
void scatter_add_into(const torch::Tensor& table_grad, const torch::Tensor& ids, const torch::Tensor& grad) {
  const int64_t hidden = grad.size(1);
  const int64_t tokens = ids.numel();
  run_split(
      grad, (hidden + kEmbeddingColumns - 1) / kEmbeddingColumns, 1,
      [&](int64_t begin, int64_t end) {
        scatter_add_rows(input<float>(grad), input<int64_t>(ids), tokens, output<float>(table_grad), hidden,
                         begin * kEmbeddingColumns, std::min(hidden, end * kEmbeddingColumns));
      },
      [&](auto stream) {
        const auto [sorted_ids, order] = ids.sort(/*stable=*/true, /*dim=*/0, /*descending=*/false);
        const auto scratch = torch::empty({scatter_chunks(tokens), 2, hidden}, grad.options());
        return scatter_add_rows_cuda({.grad = input<float>(grad),
                                      .sorted_ids = input<int64_t>(sorted_ids),
                                      .order = input<int64_t>(order),
                                      .table_grad = output<float>(table_grad),
                                      .scratch = output<float>(scratch),
                                      .tokens = tokens,
                                      .hidden = hidden},
                                     stream);
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
    const variable_list tables = {word_table, position_table, token_type_table};
    variable_list saved = {input_ids, position_ids, token_type_ids};
    for (size_t i = 0; i < tables.size(); ++i) saved[i] = checked_ids(saved[i], tables[i], kTableNames[i]);
    auto sum =
        torch::empty({input_ids.numel(), word_table.size(1)}, word_table.options());  // [tokens, hidden]
    sum_rows_into(sum, saved, tables);
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
