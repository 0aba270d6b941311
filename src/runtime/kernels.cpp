#include "kernels.h"

#include <vector>

#include "core/highway_targets.h"
#include "rpp/error.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "runtime/kernels.cpp"
#include "hwy/foreach_target.h"
// Must precede foreach_target.h, which includes this file once per target.
#include "dense_matmul-inl.h"
#include "elementwise-inl.h"
#include "hwy/highway.h"
#include "sparse_matmul-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rpp {
namespace HWY_NAMESPACE {

template <typename Quads>
Kernels kernels_with(std::string_view name, double sparse_quads_from) {
  return {.name = name,
          .sparse_quads_from = sparse_quads_from,
          .dense_matmul = dense_matmul,
          .sparse_matmul = sparse_matmul,
          .dense_quads = dense_quads<Quads>,
          .sparse_quads = sparse_quads<Quads>,
          .quantise = quantise,
          .dequantise = dequantise,
          .gelu = gelu,
          .add_layer_norm = add_layer_norm,
          .softmax = softmax,
          .scale_rows = scale_rows};
}

const Kernels& kernels_of_target() {
  static const Kernels kernels = kernels_with<QuadProducts>(hwy::TargetName(HWY_TARGET), 0.35);
  return kernels;
}

#if HWY_TARGET == HWY_AVX3
const Kernels& kernels_with_vnni() {
  static const Kernels kernels = kernels_with<VnniProducts>("AVX3_VNNI", 0.5);
  return kernels;
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace rpp
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rpp {
namespace {

std::vector<const Kernels*> list_kernels() {
  const int64_t supported = hwy::SupportedTargets();
  std::vector<const Kernels*> list;
  // Not called for another target: its code may use instructions that this machine lacks. Unused on ARM.
  [[maybe_unused]] const auto add = [&](int64_t target, const Kernels& (*kernels)()) {
    if (supported & target) list.push_back(&kernels());
  };
#if (HWY_TARGETS & HWY_AVX3) && HWY_STATIC_TARGET != HWY_AVX3
  if (__builtin_cpu_supports("avx512vnni")) add(HWY_AVX3, N_AVX3::kernels_with_vnni);
  add(HWY_AVX3, N_AVX3::kernels_of_target);
#endif
#if (HWY_TARGETS & HWY_AVX2) && HWY_STATIC_TARGET != HWY_AVX2
  add(HWY_AVX2, N_AVX2::kernels_of_target);
#endif
  list.push_back(&HWY_STATIC_DISPATCH(kernels_of_target)());  // the baseline target of the whole program
  return list;
}

}  // namespace

std::span<const Kernels* const> supported_kernels() {
  static const std::vector<const Kernels*> list = list_kernels();
  return list;
}

const Kernels& find_kernels(std::string_view name) {
  std::string names;
  for (const Kernels* kernels : supported_kernels()) {
    if (name.empty() || kernels->name == name) return *kernels;
    names += (names.empty() ? "" : ", ") + std::string(kernels->name);
  }
  fail("there are no kernels named '{}' for this machine, only {}", name, names);
}

}  // namespace rpp
#endif
