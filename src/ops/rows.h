// A matrix whose rows need not be contiguous. No Torch.
#pragma once

#include <cstdint>

namespace rpp {

template <typename T>
struct Rows {
  T* values = nullptr;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t stride = 0;  // elements from the start of a row to that of the next, at least `columns`
};

}  // namespace rpp
