// A matrix whose rows may lie apart from each other. No Torch.
#pragma once

#include <cstdint>

namespace rpp {

template <typename T>
struct Rows {
  T* values = nullptr;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t stride = 0;  // elements from the beginning of a row to that of the next, at least `columns`
};

}  // namespace rpp
