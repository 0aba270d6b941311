// Matrices stored without their zeros, and with fewer bits per value.
//
// A packing encodes positions, a dtype encodes values. Each matrix has its smallest packing. Zeros are
// restored as +0. The exact format: docs/formats.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/safetensors.h"

namespace rpp {

enum class Packing {
  dense,    // every entry, row by row
  bitmask,  // one bit per entry, and the non-zero values
  gaps,     // one byte for the zeros before each value: smaller than bits if 7 of 8 entries are zero
  blocks,   // one bit for kPackedBlock neighbours of a row, and all values of the blocks that are not zero
};

// 1 x 4: the neighbours that prune.block leaves or prunes together, and that int8 layers multiply at once.
inline constexpr int64_t kPackedBlock = 4;

std::string_view packing_name(Packing packing);  // "dense", "bitmask", "gaps", "blocks"

// Maximum rows and columns of a matrix stored without zeros: no layer is wider. One gap byte stands for 255
// entries, so without a limit a small file could demand any amount of memory.
inline constexpr int64_t kMaxPackedExtent = int64_t{1} << 22;

inline constexpr uint8_t kLongGap = 255;  // this many zeros without a value after them

// Bytes owned elsewhere.
struct PackedView {
  int64_t rows = 0;
  int64_t cols = 0;
  Packing packing = Packing::dense;
  Dtype dtype = Dtype::f32;  // f32, bf16, f16, i8
  std::span<const std::byte>
      values;  // the non-zero entries; all if dense; of blocks, those of the non-zero ones
  std::span<const uint8_t> index;  // bits or gaps; empty if dense
  std::span<const float> scales;   // [rows] for i8: an entry is its value times its row's scale

  int64_t num_entries() const { return rows * cols; }
  int64_t num_values() const { return static_cast<int64_t>(values.size()) / dtype_size(dtype); }
  int64_t num_bytes() const;
};

struct PackedTensor {
  int64_t rows = 0;
  int64_t cols = 0;
  Packing packing = Packing::dense;
  Dtype dtype = Dtype::f32;
  std::vector<std::byte> values;
  std::vector<uint8_t> index;
  std::vector<float> scales;

  PackedView view() const;
};

// The smallest packing of a row-major matrix [rows, cols], with values of `dtype`: dense beyond
// kMaxPackedExtent. bf16 and f16 round to nearest; i8 is value / (largest magnitude of the row / 127),
// rounded to nearest. Throws Error for values that f16 (beyond 65504) or i8 (NaN, infinity) cannot represent.
PackedTensor pack(std::span<const float> matrix, int64_t rows, int64_t cols, Dtype dtype);
PackedTensor pack_dense(std::span<const float> matrix, int64_t rows, int64_t cols, Dtype dtype);

// Throws Error, starting with `where`, unless the view is one that pack() can produce: rows and columns,
// consistent sizes, as many values as positions in the index, no position outside the matrix. A view that
// passes is safe to unpack.
void check_packed(const PackedView& packed, std::string_view where);

// Throws Error, starting with `where`, when a value is NaN or infinite.
void check_finite(const PackedView& packed, std::string_view where);

// Unpacks to fp32, row by row: the stored entries, which are the non-zero ones, in blocks with the zeros
// beside them; all of a dense view. The view must have passed check_packed.
class PackedRows {
 public:
  struct Row {
    std::span<const int32_t> columns;  // ascending
    std::span<const float> values;
  };

  explicit PackedRows(const PackedView& packed);
  Row next();  // at most `rows` times; valid until the next call

 private:
  size_t find_columns();
  size_t find_in_bits(size_t first, size_t width);
  void follow_gaps();

  PackedView packed_;
  size_t row_ = 0;
  size_t num_read_ = 0;              // values
  size_t entry_ = 0, num_gaps_ = 0;  // of gaps: the next value's position, and the gap bytes before it
  std::vector<int32_t> columns_;
  std::vector<float> values_;
};

// The whole matrix, `rows * cols` entries; or a row of a dense view, `cols` entries.
void unpack_into(const PackedView& packed, std::span<float> matrix);
void unpack_row_into(const PackedView& packed, int64_t row, std::span<float> values);

}  // namespace rpp
