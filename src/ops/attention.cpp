#include "rpp/ops/attention.h"

#include <cmath>

#include "attention_kernel.h"
#include "dispatch.h"
#include "rpp/ops/composite.h"
#include "rpp/ops/section.h"

namespace rpp {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

AttentionShape attention_shape(const AttentionHeads& heads, double rate, int64_t seed) {
  return {.num_heads = heads.num_heads,
          .query_key_dim = heads.query_key_dim,
          .value_dim = heads.value_dim,
          .scale = static_cast<float>(heads.scale),
          .dropout = dropout_rule(rate, static_cast<uint64_t>(seed))};
}

// Every (sequence, head) is a task that writes rows and columns of its own.
template <typename Body>
void for_each_task(const AttentionShape& shape, c10::ArrayRef<int64_t> cu_seqlens, const Body& body) {
  int64_t longest = 0;
  const int64_t num_sequences = static_cast<int64_t>(cu_seqlens.size()) - 1;
  for (int64_t s = 0; s < num_sequences; ++s) longest = std::max(longest, cu_seqlens[s + 1] - cu_seqlens[s]);
  at::parallel_for(0, num_sequences * shape.num_heads, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(static_cast<size_t>(attention_scratch_size(shape, longest)));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t sequence = i / shape.num_heads;
      const AttentionTask task = {
          .head = i % shape.num_heads, .begin = cu_seqlens[sequence], .end = cu_seqlens[sequence + 1]};
      if (task.begin < task.end) body(task, scratch.data());
    }
  });
}

struct Attention : torch::autograd::Function<Attention> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& given_qkv,
                               const std::vector<int64_t>& cu_seqlens, const AttentionHeads& heads,
                               double rate, int64_t seed) {
    const Section section("rpp::attention");
    const auto qkv = given_qkv.contiguous();
    const int64_t tokens = qkv.size(0);
    const auto shape = attention_shape(heads, rate, seed);
    auto out = torch::empty({tokens, heads.context_size()}, qkv.options());
    auto log_sum_exp = torch::empty({tokens, heads.num_heads});
    dispatch_float(qkv, [&]<typename T>(T) {
      const AttentionForward<T> op = {
          .qkv = input<T>(qkv), .out = output<T>(out), .log_sum_exp = output<float>(log_sum_exp)};
      for_each_task(shape, cu_seqlens, [&](const AttentionTask& task, float* scratch) {
        attention_forward(shape, op, task, scratch);
      });
    });
    context->save_for_backward({qkv, log_sum_exp});
    context->saved_data["cu_seqlens"] = cu_seqlens;
    context->saved_data["num_heads"] = heads.num_heads;
    context->saved_data["query_key_dim"] = heads.query_key_dim;
    context->saved_data["value_dim"] = heads.value_dim;
    context->saved_data["scale"] = heads.scale;
    context->saved_data["rate"] = rate;
    context->saved_data["seed"] = seed;
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const Section section("rpp::attention");
    const auto saved = context->get_saved_variables();
    const auto &qkv = saved[0], &log_sum_exp = saved[1];
    auto& data = context->saved_data;
    const AttentionHeads heads = {.num_heads = data["num_heads"].toInt(),
                                  .query_key_dim = data["query_key_dim"].toInt(),
                                  .value_dim = data["value_dim"].toInt(),
                                  .scale = data["scale"].toDouble()};
    const auto shape = attention_shape(heads, data["rate"].toDouble(), data["seed"].toInt());
    const auto dout = grads[0].contiguous();
    auto dqkv = torch::empty_like(qkv);
    dispatch_float(qkv, [&]<typename T>(T) {
      const AttentionBackward<T> op = {.qkv = input<T>(qkv),
                                       .dout = input<T>(dout),
                                       .log_sum_exp = input<float>(log_sum_exp),
                                       .dqkv = output<T>(dqkv)};
      for_each_task(shape, data["cu_seqlens"].toIntVector(), [&](const AttentionTask& task, float* scratch) {
        attention_backward(shape, op, task, scratch);
      });
    });
    return {dqkv, {}, {}, {}, {}};
  }
};

}  // namespace

AttentionHeads equal_heads(int64_t hidden, int64_t num_heads) {
  const int64_t head_dim = hidden / num_heads;
  return {.num_heads = num_heads,
          .query_key_dim = head_dim,
          .value_dim = head_dim,
          .scale = 1.0 / std::sqrt(static_cast<double>(head_dim))};
}

torch::Tensor varlen_attention(const torch::Tensor& qkv, const SequenceLayout& layout,
                               const AttentionHeads& heads, double dropout_rate, uint64_t dropout_seed) {
  if (qkv.is_cuda()) return composite::attention(qkv, layout, heads, dropout_rate, dropout_seed);
  const std::vector<int64_t> cu_seqlens(layout.host_cu_seqlens.begin(), layout.host_cu_seqlens.end());
  return Attention::apply(qkv, cu_seqlens, heads, dropout_rate, static_cast<int64_t>(dropout_seed));
}

}  // namespace rpp
