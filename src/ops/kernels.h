// Selects the code of the ops: the fused loops and kernels, or the reference implementations (composite.h).
// No Torch.
#pragma once

#include <string_view>

namespace rpp {

enum class Kernels { fast, reference };

// "fast" or "reference".
Kernels kernels_of(std::string_view name);

// RAII: selects the kernels of the ops called on this thread, and of their backward passes.
class KernelsGuard {
 public:
  explicit KernelsGuard(Kernels kernels);
  ~KernelsGuard();
  KernelsGuard(const KernelsGuard&) = delete;
  KernelsGuard& operator=(const KernelsGuard&) = delete;

 private:
  Kernels before_;
};

Kernels kernels_in_use();

}  // namespace rpp
