#include "flash_attention.h"

#include <algorithm>
#include <optional>

#include "ops/composite.h"
#include "ops/section.h"
#include "ops/torch.h"

namespace rpp {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kDimStep = 8;  // required multiple of the head dimension, in both kernels
constexpr int64_t kMaxFlashDim = 256;
constexpr int64_t kNoMask = 0;  // of the memory-efficient kernels: neither causal nor banded
constexpr bool kCausal = false, kDebugMask = false, kLogSumExp = true, kBiasGrad = false;
constexpr int64_t kOneSplit = 1;  // of the keys in the backward pass: more would add in undefined order

enum class Kernel { flash, memory_efficient, none };

Kernel kernel_for(const torch::Tensor& qkv, const AttentionHeads& heads) {
  if (qkv.size(0) == 0 || heads.query_key_dim % kDimStep != 0 || heads.value_dim % kDimStep != 0) {
    return Kernel::none;
  }
  const bool is_flash = qkv.scalar_type() == torch::kBFloat16 && heads.query_key_dim == heads.value_dim &&
                        heads.value_dim <= kMaxFlashDim;
  return is_flash ? Kernel::flash : Kernel::memory_efficient;
}

// The kernels draw from Torch's own generator of the device: it is seeded temporarily, then its state is
// restored.
class SeedLoan {
 public:
  SeedLoan(const torch::Device& device, uint64_t seed)
      : generator_(at::globalContext().defaultGenerator(device)),
        seed_(generator_.current_seed()),
        offset_(generator_.get_offset()) {
    generator_.set_current_seed(seed);
    generator_.set_offset(0);
  }
  ~SeedLoan() {
    generator_.set_current_seed(seed_);
    generator_.set_offset(offset_);
  }
  SeedLoan(const SeedLoan&) = delete;
  SeedLoan& operator=(const SeedLoan&) = delete;

 private:
  at::Generator generator_;
  uint64_t seed_, offset_;
};

// The flash kernel's backward pass is not deterministic unless Torch is asked for it: a resumed run would not
// repeat an uninterrupted one.
class DeterministicScope {
 public:
  DeterministicScope()
      : on_(context_.deterministicAlgorithms()),
        warns_(context_.deterministicAlgorithmsWarnOnly()),
        fills_(context_.deterministicFillUninitializedMemory()) {
    context_.setDeterministicAlgorithms(true, /*warn_only=*/false);
    context_.setDeterministicFillUninitializedMemory(false);
  }
  ~DeterministicScope() {
    context_.setDeterministicAlgorithms(on_, warns_);
    context_.setDeterministicFillUninitializedMemory(fills_);
  }
  DeterministicScope(const DeterministicScope&) = delete;
  DeterministicScope& operator=(const DeterministicScope&) = delete;

 private:
  at::Context& context_ = at::globalContext();
  bool on_, warns_, fills_;
};

// The arguments of both kernels besides their tensors.
struct Setting {
  torch::Tensor cu_seqlens;  // [sequences + 1] int32
  int64_t max_seqlen = 0;
  double rate = 0.0;
  double scale = 1.0;
};

// [tokens, heads, dim] each
struct QueryKeyValue {
  torch::Tensor query, key, value;
};

QueryKeyValue views_of(const torch::Tensor& qkv, const AttentionHeads& heads) {
  const auto view = [&](int64_t first, int64_t dim) {
    return qkv.narrow(1, first, heads.num_heads * dim).unflatten(1, {heads.num_heads, dim});
  };
  return {.query = view(0, heads.query_key_dim),
          .key = view(heads.query_size(), heads.query_key_dim),
          .value = view(2 * heads.query_size(), heads.value_dim)};
}

// [tokens, heads, dim], and what the backward pass needs: log-sum-exp and two tensors of the random state.
struct Forward {
  torch::Tensor out, log_sum_exp, random1, random2;
};

Forward run_flash(const QueryKeyValue& in, const Setting& s) {
  auto [out, log_sum_exp, random1, random2, mask] =
      at::_flash_attention_forward(in.query, in.key, in.value, s.cu_seqlens, s.cu_seqlens, s.max_seqlen,
                                   s.max_seqlen, s.rate, kCausal, kDebugMask, s.scale);
  return {out, log_sum_exp, random1, random2};
}

QueryKeyValue run_flash_backward(const QueryKeyValue& in, const Forward& f, const torch::Tensor& dout,
                                 const Setting& s) {
  const DeterministicScope scope;
  const auto [dquery, dkey, dvalue] = at::_flash_attention_backward(
      dout, in.query, in.key, in.value, f.out, f.log_sum_exp, s.cu_seqlens, s.cu_seqlens, s.max_seqlen,
      s.max_seqlen, s.rate, kCausal, f.random1, f.random2, s.scale);
  return {dquery, dkey, dvalue};
}

// This kernel expects [1, tokens, heads, dim].
Forward run_memory_efficient(const QueryKeyValue& in, const Setting& s) {
  const auto result = at::_efficient_attention_forward(
      in.query.unsqueeze(0), in.key.unsqueeze(0), in.value.unsqueeze(0), /*bias=*/{}, s.cu_seqlens,
      s.cu_seqlens, s.max_seqlen, s.max_seqlen, s.rate, kNoMask, kLogSumExp, s.scale);
  return {std::get<0>(result).squeeze(0), std::get<1>(result), std::get<2>(result), std::get<3>(result)};
}

QueryKeyValue run_memory_efficient_backward(const QueryKeyValue& in, const Forward& f,
                                            const torch::Tensor& dout, const Setting& s) {
  const auto [dquery, dkey, dvalue, dbias] = at::_efficient_attention_backward(
      dout.unsqueeze(0), in.query.unsqueeze(0), in.key.unsqueeze(0), in.value.unsqueeze(0), /*bias=*/{},
      f.out.unsqueeze(0), s.cu_seqlens, s.cu_seqlens, s.max_seqlen, s.max_seqlen, f.log_sum_exp, s.rate,
      f.random1, f.random2, kNoMask, kBiasGrad, s.scale, kOneSplit);
  return {dquery.squeeze(0), dkey.squeeze(0), dvalue.squeeze(0)};
}

struct FlashAttention : torch::autograd::Function<FlashAttention> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& qkv,
                               const torch::Tensor& cu_seqlens, int64_t max_seqlen,
                               const AttentionHeads& heads, double rate, const DropoutSeed& seed) {
    const Section section("rpp::attention");
    const auto in = views_of(qkv.contiguous(), heads);
    const Setting setting = {
        .cu_seqlens = cu_seqlens, .max_seqlen = max_seqlen, .rate = rate, .scale = heads.scale};
    const bool is_flash = kernel_for(qkv, heads) == Kernel::flash;
    std::optional<SeedLoan> loan;
    if (rate > 0 && !seed.memory.defined()) loan.emplace(qkv.device(), seed.number);
    const Forward f = is_flash ? run_flash(in, setting) : run_memory_efficient(in, setting);
    context->save_for_backward(
        {in.query, in.key, in.value, f.out, f.log_sum_exp, f.random1, f.random2, cu_seqlens});
    context->saved_data["max_seqlen"] = max_seqlen;
    context->saved_data["rate"] = rate;
    context->saved_data["scale"] = heads.scale;
    context->saved_data["is_flash"] = is_flash;
    return f.out.flatten(1);  // [tokens, context_size]
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const Section section("rpp::attention");
    const auto saved = context->get_saved_variables();
    auto& data = context->saved_data;
    const QueryKeyValue in = {saved[0], saved[1], saved[2]};
    const Forward f = {saved[3], saved[4], saved[5], saved[6]};
    const Setting setting = {.cu_seqlens = saved[7],
                             .max_seqlen = data["max_seqlen"].toInt(),
                             .rate = data["rate"].toDouble(),
                             .scale = data["scale"].toDouble()};
    const auto dout = grads[0].contiguous().view_as(f.out);
    const auto d = data["is_flash"].toBool() ? run_flash_backward(in, f, dout, setting)
                                             : run_memory_efficient_backward(in, f, dout, setting);
    return {torch::cat({d.query.flatten(1), d.key.flatten(1), d.value.flatten(1)}, 1), {}, {}, {}, {}, {}};
  }
};

}  // namespace

torch::Tensor flash_attention(const torch::Tensor& qkv, const SequenceLayout& layout,
                              const AttentionHeads& heads, double dropout_rate,
                              const DropoutSeed& dropout_seed) {
  if (kernel_for(qkv, heads) == Kernel::none) {
    return composite::attention(qkv, layout, heads, dropout_rate, dropout_seed);
  }
  return FlashAttention::apply(qkv, layout.cu_seqlens, layout.max_seqlen, heads, dropout_rate, dropout_seed);
}

}  // namespace rpp
