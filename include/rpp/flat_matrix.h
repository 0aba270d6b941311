// The position of a prunable matrix in the flat buffer. Without Torch.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace rpp {

// rows * cols entries starting at `offset`, row-major [out, in].
struct FlatMatrix {
  std::string name;
  int64_t offset = 0;
  int64_t rows = 0;
  int64_t cols = 0;
};

// Its part of a buffer with one element for each entry of all matrices.
template <typename T>
std::span<T> entries_of(std::span<T> all, const FlatMatrix& matrix) {
  return all.subspan(static_cast<size_t>(matrix.offset), static_cast<size_t>(matrix.rows * matrix.cols));
}

}  // namespace rpp
