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

size_t num_mask_bytes(size_t bits) {
  return (bits + 7) / 8;
}

// One bit for `width` entries, set unless all are zero.
std::vector<uint8_t> mask_of(std::span<const float> matrix, size_t width = 1) {
  std::vector<uint8_t> bits(num_mask_bytes(matrix.size() / width), 0);
  for (size_t i = 0; i < matrix.size(); ++i) {
    if (matrix[i] != 0.0F) bits[i / width / 8] |= static_cast<uint8_t>(1U << (i / width % 8));
  }
  return bits;
}

bool is_set(std::span<const uint8_t> bits, size_t i) {
  return (bits[i / 8] >> (i % 8) & 1U) != 0;
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

// Each bit of the mask stands for `width` entries.
int64_t num_alive_in_mask(const PackedView& packed, int64_t width, std::string_view where) {
  RPP_CHECK(packed.cols % width == 0, "{}: rows of {} entries do not consist of blocks of {}", where,
            packed.cols, width);
  const auto entries = static_cast<size_t>(packed.num_entries());
  const size_t bits = entries / static_cast<size_t>(width);
  RPP_CHECK(packed.index.size() == num_mask_bytes(bits), "{}: the mask has {} bytes, {} entries ask for {}",
            where, packed.index.size(), entries, num_mask_bytes(bits));
  const size_t used_bits = bits % 8;
  RPP_CHECK(used_bits == 0 || packed.index.back() >> used_bits == 0,
            "{}: the mask has bits behind the last entry", where);
  return width * count_bits(packed.index);
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

int64_t num_alive(const PackedView& packed, std::string_view where) {
  switch (packed.packing) {
    case Packing::bitmask:
      return num_alive_in_mask(packed, 1, where);
    case Packing::blocks:
      return num_alive_in_mask(packed, kPackedBlock, where);
    case Packing::gaps:
      return num_alive_in_gaps(packed, where);
    default:
      return packed.num_entries();
  }
}

// A packing of a matrix, before its values are converted.
struct Candidate {
  Packing packing = Packing::dense;
  size_t num_values = 0;
  std::vector<uint8_t> index;

  size_t num_bytes(Dtype dtype) const {
    return index.size() + num_values * static_cast<size_t>(dtype_size(dtype));
  }
};

// The first of the smallest is taken: dense is the fastest to read, and blocks, the newest, are the last.
std::vector<Candidate> candidates(std::span<const float> matrix, int64_t cols) {
  const auto num_values = matrix.size() - static_cast<size_t>(std::ranges::count(matrix, 0.0F));
  std::vector<Candidate> all = {
      {.packing = Packing::dense, .num_values = matrix.size()},
      {.packing = Packing::bitmask, .num_values = num_values, .index = mask_of(matrix)},
      {.packing = Packing::gaps, .num_values = num_values, .index = gaps_of(matrix)}};
  if (cols % kPackedBlock == 0) {
    auto mask = mask_of(matrix, kPackedBlock);
    const auto num_in_blocks = static_cast<size_t>(kPackedBlock * count_bits(mask));
    all.push_back({.packing = Packing::blocks, .num_values = num_in_blocks, .index = std::move(mask)});
  }
  return all;
}

PackedTensor pack_as(Candidate candidate, std::span<const float> matrix, int64_t rows, int64_t cols,
                     Dtype dtype) {
  PackedTensor packed{.rows = rows,
                      .cols = cols,
                      .packing = candidate.packing,
                      .dtype = dtype,
                      .index = std::move(candidate.index)};
  if (dtype == Dtype::i8) packed.scales = row_scales(matrix, rows, cols);
  packed.values.reserve(candidate.num_values * static_cast<size_t>(dtype_size(dtype)));
  const auto is_stored = [&](size_t i) {
    if (packed.packing == Packing::dense) return true;
    return packed.packing == Packing::blocks ? is_set(packed.index, i / kPackedBlock) : matrix[i] != 0.0F;
  };
  for (size_t i = 0; i < matrix.size(); ++i) {
    if (!is_stored(i)) continue;
    const float value = packed.packing == Packing::blocks ? matrix[i] + 0.0F : matrix[i];  // no -0
    append_value(value, static_cast<int64_t>(i) / cols, packed);
  }
  return packed;
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
  switch (packing) {
    case Packing::bitmask:
      return "bitmask";
    case Packing::gaps:
      return "gaps";
    case Packing::blocks:
      return "blocks";
    default:
      return "dense";
  }
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
  return pack_as({.packing = Packing::dense, .num_values = matrix.size()}, matrix, rows, cols, dtype);
}

PackedTensor pack(std::span<const float> matrix, int64_t rows, int64_t cols, Dtype dtype) {
  if (std::max(rows, cols) > kMaxPackedExtent) return pack_dense(matrix, rows, cols, dtype);
  auto all = candidates(matrix, cols);
  auto smallest = std::ranges::min_element(
      all, {}, [dtype](const Candidate& candidate) { return candidate.num_bytes(dtype); });
  return pack_as(std::move(*smallest), matrix, rows, cols, dtype);
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
  const int64_t alive = num_alive(packed, where);
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
