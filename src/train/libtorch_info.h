// The LibTorch version of this program, for --version.
#pragma once

#include <string>

namespace rpp {

// ", LibTorch 2.11.0, CUDA not in this build"
std::string libtorch_info();

}  // namespace rpp
