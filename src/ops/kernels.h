// Which code the ops run: the fused loops and kernels, or their slow twins (composite.h). No Torch.
#pragma once

#include <string_view>

namespace rpp {

enum class Kernels { fast, reference };

// "fast" or "reference".
Kernels kernels_of(std::string_view name);

// Until it goes, the ops that this thread calls run on `kernels`, as do their backward passes.
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
