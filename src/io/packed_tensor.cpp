#include "io/packed_tensor.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/small_floats.h"
#include "rpp/error.h"

namespace rpp {
namespace {

constexpr float kLargestInt8 = 127.0F;

size_t num_mask_bytes(size_t entries) {
  return (entries + 7) / 8;
}

std::vector<uint8_t> mask_of(std::span<const float> matrix) {
  std::vector<uint8_t> bits(num_mask_bytes(matrix.size()), 0);
  for (size_t i = 0; i < matrix.size(); ++i) {
    if (matrix[i] != 0.0F) bits[i / 8] |= static_cast<uint8_t>(1U << (i % 8));
  }
  return bits;
}

void append_gap(size_t zeros, std::vector<uint8_t>& gaps) {
  gaps.insert(gaps.end(), zeros / kLongGap, kLongGap);
  gaps.push_back(static_cast<uint8_t>(zeros % kLongGap));
}

// The number of zeros before each value, then those after the last, as though another value followed the end.
std::vector<uint8_t> gaps_of(std::span<const float> matrix) {
  std::vector<uint8_t> gaps;
  size_t next = 0;  // after the last value
  for (size_t i = 0; i < matrix.size(); ++i) {
    if (matrix[i] == 0.0F) continue;
    append_gap(i - next, gaps);
    next = i + 1;
  }
  append_gap(matrix.size() - next, gaps);
  return gaps;
}

std::vector<float> row_scales(std::span<const float> matrix, int64_t rows, int64_t cols) {
  std::vector<float> scales;
  for (int64_t row = 0; row < rows; ++row) {
    float largest = 0.0F;
    for (const float value : matrix.subspan(static_cast<size_t>(row * cols), static_cast<size_t>(cols))) {
      RPP_CHECK(std::isfinite(value), "row {} holds {}, which int8 cannot: export fp32", row, value);
      largest = std::max(largest, std::abs(value));
    }
    scales.push_back(largest / kLargestInt8);
  }
  return scales;
}

int8_t quantized(float value, float scale) {
  const float steps = scale == 0.0F ? 0.0F : value / scale;  // the scale of tiny rows may underflow to zero
  return static_cast<int8_t>(std::lrint(std::clamp(steps, -kLargestInt8, kLargestInt8)));
}

uint16_t half_of(float value) {
  const uint16_t half = fp16_bits(value);
  RPP_CHECK(!std::isfinite(value) || (half & 0x7C00U) != 0x7C00U, "fp16 cannot hold {}: export bf16 or fp32",
            value);
  return half;
}

template <typename T>
void append(T value, std::vector<std::byte>& bytes) {
  const auto* first = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), first, first + sizeof value);
}

void append_value(float value, int64_t row, PackedTensor& packed) {
  if (packed.dtype == Dtype::bf16) return append(bf16_bits(value), packed.values);
  if (packed.dtype == Dtype::f16) return append(half_of(value), packed.values);
  if (packed.dtype == Dtype::f32) return append(value, packed.values);
  append(quantized(value, packed.scales[static_cast<size_t>(row)]), packed.values);
}

PackedTensor pack_as(Packing packing, std::vector<uint8_t> index, std::span<const float> matrix, int64_t rows,
                     int64_t cols, Dtype dtype) {
  PackedTensor packed{
      .rows = rows, .cols = cols, .packing = packing, .dtype = dtype, .index = std::move(index)};
  if (dtype == Dtype::i8) packed.scales = row_scales(matrix, rows, cols);
  packed.values.reserve(matrix.size() * static_cast<size_t>(dtype_size(dtype)));
  for (size_t i = 0; i < matrix.size(); ++i) {
    if (packing != Packing::dense && matrix[i] == 0.0F) continue;
    append_value(matrix[i], static_cast<int64_t>(i) / cols, packed);
  }
  packed.values.shrink_to_fit();
  return packed;
}

int64_t count_bits(std::span<const uint8_t> mask) {
  int64_t count = 0;
  uint64_t word = 0;
  for (; mask.size() >= sizeof word; mask = mask.subspan(sizeof word)) {
    std::memcpy(&word, mask.data(), sizeof word);
    count += std::popcount(word);
  }
  for (const uint8_t byte : mask) count += std::popcount(byte);
  return count;
}

int64_t num_alive_in_mask(const PackedView& packed, std::string_view where) {
  const auto entries = static_cast<size_t>(packed.num_entries());
  RPP_CHECK(packed.index.size() == num_mask_bytes(entries),
            "{}: the mask has {} bytes, {} entries ask for {}", where, packed.index.size(), entries,
            num_mask_bytes(entries));
  const size_t used_bits = entries % 8;
  RPP_CHECK(used_bits == 0 || packed.index.back() >> used_bits == 0,
            "{}: the mask has bits behind the last entry", where);
  return count_bits(packed.index);
}

// As every 255 entries cost a byte, a small file cannot demand a large matrix.
int64_t num_alive_in_gaps(const PackedView& packed, std::string_view where) {
  int64_t alive = -1, next = 0;  // the last gap leads to the end instead of a value
  for (const uint8_t gap : packed.index) {
    next += gap;
    if (gap == kLongGap) continue;
    ++next;
    ++alive;
  }
  RPP_CHECK(!packed.index.empty() && packed.index.back() != kLongGap && next == packed.num_entries() + 1,
            "{}: the gaps do not lead to the end of {} entries", where, packed.num_entries());
  return alive;
}

// The index of the first value whose exponent is all ones, or the number of values.
template <typename Bits>
size_t find_not_finite(std::span<const std::byte> values, Bits exponent) {
  constexpr size_t kBlock = 1024;
  const size_t count = values.size() / sizeof(Bits);
  const auto is_finite_at = [&](size_t i) {
    Bits bits;
    std::memcpy(&bits, values.data() + i * sizeof bits, sizeof bits);
    return (bits & exponent) != exponent;
  };
  for (size_t first = 0; first < count; first += kBlock) {
    const size_t end = std::min(first + kBlock, count);
    bool finite = true;
    for (size_t i = first; i < end; ++i) finite &= is_finite_at(i);  // branch-free, so that it is vectorised
    if (finite) continue;
    while (is_finite_at(first)) ++first;
    return first;
  }
  return count;
}

}  // namespace

std::string_view packing_name(Packing packing) {
  if (packing == Packing::bitmask) return "bitmask";
  return packing == Packing::gaps ? "gaps" : "dense";
}

int64_t PackedView::num_bytes() const {
  return static_cast<int64_t>(values.size() + index.size() + scales.size_bytes());
}

PackedView PackedTensor::view() const {
  return {.rows = rows,
          .cols = cols,
          .packing = packing,
          .dtype = dtype,
          .values = values,
          .index = index,
          .scales = scales};
}

PackedTensor pack_dense(std::span<const float> matrix, int64_t rows, int64_t cols, Dtype dtype) {
  return pack_as(Packing::dense, {}, matrix, rows, cols, dtype);
}

PackedTensor pack(std::span<const float> matrix, int64_t rows, int64_t cols, Dtype dtype) {
  auto mask = mask_of(matrix);
  auto gaps = gaps_of(matrix);
  const auto zeros = static_cast<size_t>(std::count(matrix.begin(), matrix.end(), 0.0F));
  const bool too_wide = std::max(rows, cols) > kMaxPackedExtent;
  if (too_wide || std::min(mask.size(), gaps.size()) >= zeros * static_cast<size_t>(dtype_size(dtype))) {
    return pack_dense(matrix, rows, cols, dtype);
  }
  if (gaps.size() < mask.size()) {
    return pack_as(Packing::gaps, std::move(gaps), matrix, rows, cols, dtype);
  }
  return pack_as(Packing::bitmask, std::move(mask), matrix, rows, cols, dtype);
}

void check_packed(const PackedView& packed, std::string_view where) {
  int64_t entries = 0;
  RPP_CHECK(packed.rows > 0 && packed.cols > 0, "{}: a matrix of {} x {} has no entries", where, packed.rows,
            packed.cols);
  const bool fits =
      packed.packing == Packing::dense || std::max(packed.rows, packed.cols) <= kMaxPackedExtent;
  RPP_CHECK(fits && !__builtin_mul_overflow(packed.rows, packed.cols, &entries) && entries < INT64_MAX / 8,
            "{}: a matrix of {} x {} is too large", where, packed.rows, packed.cols);
  RPP_CHECK(packed.packing != Packing::dense || packed.index.empty(), "{}: a dense matrix has an index",
            where);
  const int64_t alive = packed.packing == Packing::dense     ? entries
                        : packed.packing == Packing::bitmask ? num_alive_in_mask(packed, where)
                                                             : num_alive_in_gaps(packed, where);
  RPP_CHECK(packed.num_values() == alive, "{}: {} values for {} places", where, packed.num_values(), alive);
  const size_t num_scales = packed.dtype == Dtype::i8 ? static_cast<size_t>(packed.rows) : 0;
  RPP_CHECK(packed.scales.size() == num_scales, "{}: {} scales for {} rows of {}", where,
            packed.scales.size(), packed.rows, dtype_name(packed.dtype));
}

void check_finite(const PackedView& packed, std::string_view where) {
  const auto check = [&](std::span<const std::byte> values, auto exponent, const char* what) {
    const size_t place = find_not_finite(values, exponent);
    RPP_CHECK(
        place == values.size() / sizeof exponent,
        "{} holds NaN or infinity, first as its {} {}: the model is damaged or its training diverged; take "
        "an earlier one",
        where, what, place);
  };
  if (packed.dtype == Dtype::f32) check(packed.values, uint32_t{0x7F800000}, "value");
  if (packed.dtype == Dtype::f16) check(packed.values, uint16_t{0x7C00}, "value");
  if (packed.dtype == Dtype::bf16) check(packed.values, uint16_t{0x7F80}, "value");
  check(std::as_bytes(packed.scales), uint32_t{0x7F800000}, "scale");
}

}  // namespace rpp
