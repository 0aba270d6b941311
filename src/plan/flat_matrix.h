// The position of a prunable matrix in the flat buffer. Without Torch.
#pragma once

#include <cstdint>
#include <string>

namespace rpp {

// rows * cols entries starting at `offset`, row-major [out, in].
struct FlatMatrix {
  std::string name;
  int64_t offset = 0;
  int64_t rows = 0;
  int64_t cols = 0;
};

}  // namespace rpp
