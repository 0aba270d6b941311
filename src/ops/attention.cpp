#include "ops/attention.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>

#include "attention_kernel.h"
#include "dispatch.h"
#include "dropout_rule.h"
#include "flash_attention.h"
#include "ops/composite.h"
#include "ops/section.h"

namespace rpp {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

AttentionShape attention_shape(const AttentionHeads& heads, const DropoutRule& dropout) {
  return {.num_heads = heads.num_heads,
          .query_key_dim = heads.query_key_dim,
          .value_dim = heads.value_dim,
          .scale = static_cast<float>(heads.scale),
          .dropout = dropout};
}

template <typename T>
AttentionKernels<T> fastest_kernels() {
  if constexpr (std::is_same_v<T, uint16_t>) {
    if (const auto kernels = attention_dot_kernels()) return *kernels;
  }
  return attention_kernels<T>();
}

// Every (sequence, head) is a task that writes its own rows and columns; threads take tasks one by one,
// because sequences differ in length.
template <typename Body>
void for_each_task(const AttentionShape& shape, c10::ArrayRef<int64_t> cu_seqlens, int64_t scratch_size,
                   const Body& body) {
  const int64_t num_tasks = (static_cast<int64_t>(cu_seqlens.size()) - 1) * shape.num_heads;
  std::atomic<int64_t> next = 0;
  at::parallel_for(0, std::min<int64_t>(at::get_num_threads(), num_tasks), 1, [&](int64_t, int64_t) {
    const auto scratch = std::make_unique_for_overwrite<float[]>(static_cast<size_t>(scratch_size));
    for (int64_t i = next++; i < num_tasks; i = next++) {
      const int64_t sequence = i / shape.num_heads;
      const AttentionTask task = {
          .head = i % shape.num_heads, .begin = cu_seqlens[sequence], .end = cu_seqlens[sequence + 1]};
      if (task.begin < task.end) body(task, scratch.get());
    }
  });
}

int64_t longest_sequence(c10::ArrayRef<int64_t> cu_seqlens) {
  int64_t longest = 0;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s)
    longest = std::max(longest, cu_seqlens[s + 1] - cu_seqlens[s]);
  return longest;
}

struct Attention : torch::autograd::Function<Attention> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& given_qkv,
                               const std::vector<int64_t>& cu_seqlens, const AttentionHeads& heads,
                               double rate, const DropoutSeed& seed) {
    const Section section("rpp::attention");
    const auto qkv = given_qkv.contiguous();
    const int64_t tokens = qkv.size(0);
    const auto shape = attention_shape(heads, rule_of(rate, seed));
    auto out = torch::empty({tokens, heads.context_size()}, qkv.options());
    auto log_sum_exp = torch::empty({tokens, heads.num_heads}, qkv.options().dtype(torch::kFloat32));
    dispatch_float(qkv, [&]<typename T>(T) {
      const AttentionForward<T> op = {
          .qkv = input<T>(qkv), .out = output<T>(out), .log_sum_exp = output<float>(log_sum_exp)};
      const auto kernels = fastest_kernels<T>();
      const int64_t scratch_size = kernels.scratch_size(shape, longest_sequence(cu_seqlens));
      for_each_task(shape, cu_seqlens, scratch_size, [&](const AttentionTask& task, float* scratch) {
        kernels.forward(shape, op, task, scratch);
      });
    });
    context->save_for_backward({qkv, log_sum_exp});
    context->saved_data["cu_seqlens"] = cu_seqlens;
    context->saved_data["num_heads"] = heads.num_heads;
    context->saved_data["query_key_dim"] = heads.query_key_dim;
    context->saved_data["value_dim"] = heads.value_dim;
    context->saved_data["scale"] = heads.scale;
    save_dropout(context, rate, seed);
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
    const auto shape = attention_shape(heads, saved_rule(context));
    const auto dout = grads[0].contiguous();
    auto dqkv = torch::empty_like(qkv);
    dispatch_float(qkv, [&]<typename T>(T) {
      const AttentionBackward<T> op = {.qkv = input<T>(qkv),
                                       .dout = input<T>(dout),
                                       .log_sum_exp = input<float>(log_sum_exp),
                                       .dqkv = output<T>(dqkv)};
      const auto kernels = fastest_kernels<T>();
      const auto cu_seqlens = data["cu_seqlens"].toIntVector();
      const int64_t scratch_size = kernels.scratch_size(shape, longest_sequence(cu_seqlens));
      for_each_task(shape, cu_seqlens, scratch_size, [&](const AttentionTask& task, float* scratch) {
        kernels.backward(shape, op, task, scratch);
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
                               const AttentionHeads& heads, double dropout_rate,
                               const DropoutSeed& dropout_seed, const torch::Tensor& bias) {
  if (is_composite(qkv) || bias.defined())
    return composite::attention(qkv, layout, heads, dropout_rate, dropout_seed, bias);
  if (qkv.is_cuda()) return flash_attention(qkv, layout, heads, dropout_rate, dropout_seed);
  const std::vector<int64_t> cu_seqlens(layout.host_cu_seqlens.begin(), layout.host_cu_seqlens.end());
  return Attention::apply(qkv, cu_seqlens, heads, dropout_rate, dropout_seed);
}

}  // namespace rpp
