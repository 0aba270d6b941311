#include <algorithm>
#include <bit>
#include <cstring>

#include "core/small_floats.h"
#include "io/packed_tensor.h"

namespace rpp {
namespace {

// The number of mask bits contained in the 8 bytes starting at any of its bytes.
constexpr size_t kBitsAtOnce = 56;

uint64_t bits_at(std::span<const uint8_t> mask, size_t first, size_t count) {
  const size_t byte = first / 8;
  uint64_t bits = 0;
  std::memcpy(&bits, mask.data() + byte, std::min(sizeof bits, mask.size() - byte));
  return bits >> (first % 8) & ((uint64_t{1} << count) - 1);
}

template <typename T>
T load(std::span<const std::byte> values, size_t i) {
  T value;
  std::memcpy(&value, values.data() + i * sizeof value, sizeof value);
  return value;
}

// to = the packed values starting at `first`, which are in `row`.
void read_values(const PackedView& packed, size_t first, size_t row, std::span<float> to) {
  switch (packed.dtype) {
    case Dtype::bf16:
      for (size_t i = 0; i < to.size(); ++i) to[i] = bf16_value(load<uint16_t>(packed.values, first + i));
      break;
    case Dtype::f16:
      for (size_t i = 0; i < to.size(); ++i) to[i] = fp16_value(load<uint16_t>(packed.values, first + i));
      break;
    case Dtype::i8:
      for (size_t i = 0; i < to.size(); ++i) {
        to[i] = static_cast<float>(load<int8_t>(packed.values, first + i)) * packed.scales[row];
      }
      break;
    default:
      if (!to.empty()) {
        std::memcpy(to.data(), packed.values.data() + first * sizeof(float), to.size_bytes());
      }
  }
}

}  // namespace

PackedRows::PackedRows(const PackedView& packed)
    : packed_(packed), columns_(static_cast<size_t>(packed.cols)), values_(static_cast<size_t>(packed.cols)) {
  if (packed_.packing == Packing::gaps) follow_gaps();
}

PackedRows::Row PackedRows::next() {
  const size_t count = find_columns();
  read_values(packed_, num_read_, row_, std::span(values_).first(count));
  num_read_ += count;
  ++row_;
  return {.columns = std::span(columns_).first(count), .values = std::span(values_).first(count)};
}

size_t PackedRows::find_columns() {
  const size_t cols = columns_.size(), first = row_ * cols;
  size_t count = 0;
  if (packed_.packing == Packing::dense) {
    for (; count < cols; ++count) columns_[count] = static_cast<int32_t>(count);
  } else if (packed_.packing == Packing::bitmask) {
    return find_in_bits(first, 1);
  } else if (packed_.packing == Packing::blocks) {
    return find_in_bits(first, kPackedBlock);
  } else {
    for (; entry_ < first + cols; ++entry_, follow_gaps()) {
      columns_[count++] = static_cast<int32_t>(entry_ - first);
    }
  }
  return count;
}

// Of a row whose first entry is `first`; each bit stands for `width` columns.
size_t PackedRows::find_in_bits(size_t first, size_t width) {
  const size_t num_bits = columns_.size() / width;
  size_t count = 0;
  for (size_t bit = 0; bit < num_bits; bit += kBitsAtOnce) {
    for (uint64_t bits = bits_at(packed_.index, first / width + bit, std::min(kBitsAtOnce, num_bits - bit));
         bits != 0; bits &= bits - 1) {
      const auto col = static_cast<int32_t>(width * (bit + static_cast<size_t>(std::countr_zero(bits))));
      for (size_t i = 0; i < width; ++i) columns_[count++] = col + static_cast<int32_t>(i);
    }
  }
  return count;
}

// The last gap leads past the last entry.
void PackedRows::follow_gaps() {
  uint8_t gap = kLongGap;
  while (gap == kLongGap) {
    gap = packed_.index[num_gaps_++];
    entry_ += gap;
  }
}

void unpack_into(const PackedView& packed, std::span<float> matrix) {
  std::fill(matrix.begin(), matrix.end(), 0.0F);
  const auto cols = static_cast<size_t>(packed.cols);
  PackedRows rows(packed);
  for (float* to = matrix.data(); to != matrix.data() + matrix.size(); to += cols) {
    const auto [columns, values] = rows.next();
    for (size_t i = 0; i < columns.size(); ++i) to[columns[i]] = values[i];
  }
}

void unpack_row_into(const PackedView& packed, int64_t row, std::span<float> values) {
  read_values(packed, static_cast<size_t>(row * packed.cols), static_cast<size_t>(row), values);
}

}  // namespace rpp
