// Matrices stored without their zeros, and in fewer bits.
//
// Where the values lie is a packing; what a value is, a dtype. Each matrix has the packing in which it is
// smallest. A weight is alive when it is != 0; zeros come back as +0. Byte by byte: docs/formats.md.
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
  bitmask,  // a bit for each entry, and the values of those that are alive
  gaps,     // a byte for the zeros before each value: smaller than the bits where 7 of 8 entries are zero
};

std::string_view packing_name(Packing packing);  // "dense", "bitmask", "gaps"

// Rows, and columns, of a matrix that is stored without its zeros: no layer is wider. A byte of a list of
// gaps stands for 255 entries, so that without a limit a small file could ask for any amount of memory.
inline constexpr int64_t kMaxPackedExtent = int64_t{1} << 22;

inline constexpr uint8_t kLongGap = 255;  // so many zeros, and no value behind them

// Bytes that someone else holds.
struct PackedView {
  int64_t rows = 0;
  int64_t cols = 0;
  Packing packing = Packing::dense;
  Dtype dtype = Dtype::f32;           // f32, bf16, f16, i8
  std::span<const std::byte> values;  // of the entries that are alive, of all when dense
  std::span<const uint8_t> index;     // bits or gaps; nothing when dense
  std::span<const float> scales;      // [rows] of i8: an entry is its value times its row's scale

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
// kMaxPackedExtent. bf16 and f16 round to
// nearest; i8 is value / (largest magnitude of the row / 127), rounded to nearest. Throws Error for what
// f16 (beyond 65504) or i8 (NaN, infinity) cannot hold.
PackedTensor pack(std::span<const float> matrix, int64_t rows, int64_t cols, Dtype dtype);
PackedTensor pack_dense(std::span<const float> matrix, int64_t rows, int64_t cols, Dtype dtype);

// Throws Error with `where` in front unless the view is what pack() makes: rows and columns, sizes that fit
// each other, as many values as the index has places, no place outside the matrix. What passes is safe to
// unpack.
void check_packed(const PackedView& packed, std::string_view where);

// Throws Error with `where` in front when a value is NaN or infinite.
void check_finite(const PackedView& packed, std::string_view where);

// Back to fp32, row by row: the entries that are alive, all of a dense view. The view must have passed
// check_packed.
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
  void follow_gaps();

  PackedView packed_;
  size_t row_ = 0;
  size_t num_read_ = 0;              // values
  size_t entry_ = 0, num_gaps_ = 0;  // of gaps: the next value's place, and how many led there
  std::vector<int32_t> columns_;
  std::vector<float> values_;
};

// The whole matrix, `rows * cols` entries; or a row of a dense view, `cols` entries.
void unpack_into(const PackedView& packed, std::span<float> matrix);
void unpack_row_into(const PackedView& packed, int64_t row, std::span<float> values);

}  // namespace rpp
