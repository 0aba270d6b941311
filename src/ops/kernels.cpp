#include "ops/kernels.h"

namespace rpp {
namespace {

// Thread-local, like Torch's own modes, instead of an argument of every op and layer.
thread_local Kernels in_use = Kernels::fast;

}  // namespace

Kernels kernels_of(std::string_view name) {
  return name == "reference" ? Kernels::reference : Kernels::fast;
}

KernelsGuard::KernelsGuard(Kernels kernels) : before_(in_use) {
  in_use = kernels;
}

KernelsGuard::~KernelsGuard() {
  in_use = before_;
}

Kernels kernels_in_use() {
  return in_use;
}

}  // namespace rpp
