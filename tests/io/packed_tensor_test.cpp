#include "io/packed_tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/rng.h"
#include "message_of.h"

namespace rpp {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

// Each entry is non-zero with the probability `density`.
std::vector<float> random_matrix(int64_t entries, double density) {
  Rng rng(mix_key(7, entries));
  std::vector<float> matrix;
  for (int64_t i = 0; i < entries; ++i) {
    const bool alive = rng.uniform() < density;
    matrix.push_back(alive ? static_cast<float>(rng.normal()) : 0.0F);
  }
  return matrix;
}

std::vector<float> unpacked(const PackedTensor& packed) {
  check_packed(packed.view(), "the test");
  std::vector<float> matrix(static_cast<size_t>(packed.rows * packed.cols));
  unpack_into(packed.view(), matrix);
  return matrix;
}

std::string fault_of(const PackedTensor& packed) {
  return message_of([&] { check_packed(packed.view(), "m.rpp: tensor w"); });
}

TEST(PackedTensor, EveryDensityRoundTripsBitForBit) {
  for (const double density : {0.0, 0.001, 0.05, 0.11, 0.2, 0.5, 0.97, 1.0}) {
    const auto matrix = random_matrix(37 * 41, density);
    EXPECT_EQ(unpacked(pack(matrix, 37, 41, Dtype::f32)), matrix) << density;
  }
}

TEST(PackedTensor, ThePackingIsTheSmallest) {
  const auto packing_at = [](double density) {
    return pack(random_matrix(64 * 64, density), 64, 64, Dtype::f32).packing;
  };
  EXPECT_EQ(packing_at(1.0), Packing::dense);
  EXPECT_EQ(packing_at(0.2), Packing::bitmask);
  EXPECT_EQ(packing_at(0.1), Packing::gaps);
}

TEST(PackedTensor, TiesInSizeGoToTheFastestToRead) {
  const std::vector<float> one_zero = {1, 2, 3, 4, 5, 6, 7, 0};  // a mask byte costs what one zero saves
  EXPECT_EQ(pack(one_zero, 1, 8, Dtype::i8).packing, Packing::dense);
  EXPECT_EQ(pack(one_zero, 1, 8, Dtype::bf16).packing, Packing::bitmask);
  std::vector<float> one_value(16, 0.0F);  // two gap bytes, or two mask bytes
  one_value[3] = 1;
  EXPECT_EQ(pack(one_value, 4, 4, Dtype::f32).packing, Packing::bitmask);
}

TEST(PackedTensor, PackingSavesTheZerosMinusTheMask) {
  const auto packed = pack(random_matrix(80 * 100, 0.4), 80, 100, Dtype::f32);
  EXPECT_EQ(packed.view().num_bytes(), packed.view().num_values() * 4 + 80 * 100 / 8);
}

TEST(PackedTensor, MaskAndValuesHaveTheDocumentedBytes) {
  const std::vector<float> matrix = {0, 1, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0};
  const auto packed = pack(matrix, 3, 4, Dtype::bf16);
  EXPECT_THAT(packed.index, ElementsAre(0b00010010, 0b00000010));
  EXPECT_EQ(packed.values.size(), 6U);
}

TEST(PackedTensor, GapsHaveTheDocumentedBytes) {
  std::vector<float> matrix(600, 0.0F);
  matrix[1] = matrix[2] = matrix[258] = 1.0F;
  const auto packed = pack(matrix, 2, 300, Dtype::f32);
  // Gaps: one zero; none; 255 zeros exactly; 341 after the last value, 86 of them after the long gap.
  EXPECT_THAT(packed.index, ElementsAre(1, 0, 255, 0, 255, 86));
}

// Each block of four is zero with the probability 1 - density.
std::vector<float> matrix_of_blocks(int64_t entries, double density) {
  const auto blocks = random_matrix(entries / kPackedBlock, density);
  auto matrix = random_matrix(entries, 1.0);
  for (size_t i = 0; i < matrix.size(); ++i) {
    if (blocks[i / kPackedBlock] == 0.0F) matrix[i] = 0.0F;
  }
  return matrix;
}

TEST(PackedTensor, BlocksHaveTheDocumentedBytes) {
  std::vector<float> matrix(3 * 16, 0.0F);
  for (size_t i = 0; i < 4; ++i) matrix[4 + i] = matrix[36 + i] = static_cast<float>(i) + 1.0F;
  matrix[44] = 5.0F, matrix[45] = -5.0F, matrix[47] = 5.0F;
  const auto packed = pack(matrix, 3, 16, Dtype::i8);
  ASSERT_EQ(packed.packing, Packing::blocks);
  EXPECT_THAT(packed.index, ElementsAre(0b00000010, 0b00001010));
  const auto* values = reinterpret_cast<const int8_t*>(packed.values.data());
  EXPECT_THAT(std::vector(values, values + packed.values.size()),
              ElementsAre(32, 64, 95, 127, 25, 51, 76, 102, 127, -127, 0, 127));
}

TEST(PackedTensor, ANegativeZeroInABlockIsRestoredAsZero) {
  auto matrix = matrix_of_blocks(60 * 60, 0.2);
  const auto alive = std::ranges::find_if(matrix, [](float value) { return value != 0.0F; });
  *alive = -0.0F;
  const auto packed = pack(matrix, 60, 60, Dtype::f32);
  ASSERT_EQ(packed.packing, Packing::blocks);
  const auto back = unpacked(packed);
  EXPECT_FALSE(std::signbit(back[static_cast<size_t>(alive - matrix.begin())]));
}

TEST(PackedTensor, ZerosInBlocksArePackedAsBlocksAndRoundTrip) {
  for (const double density : {0.1, 0.2, 0.5, 0.9}) {
    const auto matrix = matrix_of_blocks(60 * 236, density);  // rows of 59 blocks: more than are read at once
    const auto packed = pack(matrix, 60, 236, Dtype::f32);
    EXPECT_EQ(packed.packing, Packing::blocks) << density;
    EXPECT_EQ(packed.index.size(), 60 * 59 / 8 + 1U);
    EXPECT_EQ(unpacked(packed), matrix) << density;
    const auto small = pack(matrix, 60, 236, Dtype::i8);
    EXPECT_EQ(unpacked(small), unpacked(pack_dense(matrix, 60, 236, Dtype::i8))) << density;
  }
}

TEST(PackedTensor, BlocksAreOfOneRow) {
  const auto matrix = matrix_of_blocks(60 * 60, 0.2);  // as rows of 18, blocks would lie in two rows
  EXPECT_EQ(pack(matrix, 60, 60, Dtype::f32).packing, Packing::blocks);
  EXPECT_EQ(pack(matrix, 200, 18, Dtype::f32).packing, Packing::bitmask);
  auto packed = pack(matrix, 60, 60, Dtype::f32);
  packed.rows = 200, packed.cols = 18;
  EXPECT_THAT(fault_of(packed),
              HasSubstr("m.rpp: tensor w: rows of 18 entries do not consist of blocks of 4"));
}

TEST(PackedTensor, DamagedBlocksAreRefused) {
  const auto packed = pack(matrix_of_blocks(12 * 60, 0.3), 12, 60, Dtype::f32);
  ASSERT_EQ(packed.packing, Packing::blocks);
  auto more_bits = packed, another_size = packed, more_values = packed;
  more_bits.index.back() |= 0x80;
  another_size.index.pop_back();
  more_values.values.resize(packed.values.size() + 4);
  EXPECT_THAT(fault_of(more_bits), HasSubstr("bits behind the last entry"));
  EXPECT_THAT(fault_of(another_size), HasSubstr("the mask has 22 bytes, 720 entries ask for 23"));
  EXPECT_THAT(fault_of(more_values), HasSubstr(" values for "));
}

TEST(PackedTensor, AnEmptyRowAndAZeroMatrixRoundTrip) {
  EXPECT_THAT(unpacked(pack(std::vector<float>(33, 0.0F), 3, 11, Dtype::i8)), Each(0.0F));
  const std::vector<float> matrix = {1, 2, 0, 0, 3, 4};
  EXPECT_EQ(unpacked(pack(matrix, 3, 2, Dtype::f32)), matrix);
}

TEST(PackedTensor, NegativeZeroCountsAsZero) {
  const auto packed = pack(std::vector<float>(64, -0.0F), 8, 8, Dtype::f32);
  EXPECT_TRUE(packed.values.empty());
  EXPECT_FALSE(std::signbit(unpacked(packed)[0]));
}

TEST(PackedTensor, DenormalsAndNanCountAsNonZero) {
  std::vector<float> matrix(64, 0.0F);
  matrix[3] = std::numeric_limits<float>::denorm_min();
  matrix[9] = std::numeric_limits<float>::quiet_NaN();
  const auto back = unpacked(pack(matrix, 8, 8, Dtype::f32));
  EXPECT_EQ(back[3], matrix[3]);
  EXPECT_TRUE(std::isnan(back[9]));
}

TEST(PackedTensor, SmallerValuesRoundToNearest) {
  const auto matrix = random_matrix(50 * 60, 0.3);
  const auto worst = [&](Dtype dtype) {
    const auto back = unpacked(pack(matrix, 50, 60, dtype));
    float error = 0.0F;
    for (size_t i = 0; i < matrix.size(); ++i) error = std::max(error, std::abs(back[i] - matrix[i]));
    return error;
  };
  EXPECT_LE(worst(Dtype::f16), 4.0F / 2048 / 2);  // |w| < 4: half a unit in the last of 11 bits
  EXPECT_LE(worst(Dtype::bf16), 4.0F / 256 / 2);
  EXPECT_LE(worst(Dtype::i8), 4.0F / 127 / 2);
  EXPECT_GT(worst(Dtype::i8), 1e-3F);  // rounding has an effect
}

TEST(PackedTensor, EachInt8RowHasItsOwnScale) {
  const std::vector<float> matrix = {127, -64, 0.127F, 0.064F};
  const auto back = unpacked(pack_dense(matrix, 2, 2, Dtype::i8));
  for (size_t i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(back[i], matrix[i]);
}

TEST(PackedTensor, OneRowOfADenseMatrixCanBeRead) {
  const std::vector<float> matrix = {1, 2, 3, -4, 5, -6};
  std::vector<float> row(3);
  for (const Dtype dtype : {Dtype::f32, Dtype::bf16, Dtype::f16}) {
    unpack_row_into(pack_dense(matrix, 2, 3, dtype).view(), 1, row);
    EXPECT_THAT(row, ElementsAre(-4, 5, -6));
  }
}

TEST(PackedTensor, RowsAreReadInTheirOrderFromAMaskAndFromGaps) {
  std::vector<float> matrix(3 * 700, 0.0F);
  matrix[3] = 1, matrix[699] = 2, matrix[1400] = 3, matrix[1456] = 4, matrix[1457] = 5;
  const auto gaps = pack(matrix, 3, 700, Dtype::f32);
  auto mask = gaps;
  mask.packing = Packing::bitmask;
  mask.index.assign((matrix.size() + 7) / 8, 0);
  for (size_t i = 0; i < matrix.size(); ++i) {
    if (matrix[i] != 0) mask.index[i / 8] |= static_cast<uint8_t>(1U << (i % 8));
  }
  ASSERT_EQ(gaps.packing, Packing::gaps);
  for (const auto& packed : {gaps, mask}) {
    check_packed(packed.view(), "the test");
    PackedRows rows(packed.view());
    const auto first = rows.next();
    EXPECT_THAT(first.columns, ElementsAre(3, 699));
    EXPECT_THAT(first.values, ElementsAre(1, 2));
    EXPECT_TRUE(rows.next().columns.empty());
    const auto last = rows.next();
    EXPECT_THAT(last.columns, ElementsAre(0, 56, 57));  // on both sides of the mask's read unit
    EXPECT_THAT(last.values, ElementsAre(3, 4, 5));
  }
}

TEST(PackedTensor, RowsOfADenseMatrixIncludeZeros) {
  const auto dense = pack_dense(std::vector<float>{0, 7}, 2, 1, Dtype::f32);
  PackedRows rows(dense.view());
  EXPECT_THAT(rows.next().values, ElementsAre(0));
  EXPECT_THAT(rows.next().values, ElementsAre(7));
}

TEST(PackedTensor, ValuesThatDoNotFitAreRefused) {
  const std::vector<float> large = {1, 70000};
  EXPECT_THAT(message_of([&] { pack(large, 1, 2, Dtype::f16); }), HasSubstr("fp16 cannot hold 70000"));
  const std::vector<float> infinite = {1, INFINITY};
  EXPECT_THAT(message_of([&] { pack(infinite, 1, 2, Dtype::i8); }), HasSubstr("row 0 holds inf"));
}

TEST(PackedTensor, AMaskWithMoreBitsThanValuesIsRefused) {
  auto packed = pack(random_matrix(100, 0.3), 10, 10, Dtype::f32);
  ASSERT_EQ(packed.packing, Packing::bitmask);
  packed.values.resize(packed.values.size() - 4);
  EXPECT_THAT(fault_of(packed), HasSubstr("m.rpp: tensor w: "));
  EXPECT_THAT(fault_of(packed), HasSubstr(" values for "));
}

TEST(PackedTensor, AMaskOfAnotherSizeIsRefused) {
  auto packed = pack(random_matrix(100, 0.3), 10, 10, Dtype::f32);
  packed.index.pop_back();
  EXPECT_THAT(fault_of(packed), HasSubstr("the mask has 12 bytes, 100 entries ask for 13"));
}

TEST(PackedTensor, BitsAfterTheLastEntryAreRefused) {
  auto packed = pack(random_matrix(100, 0.3), 10, 10, Dtype::f32);
  packed.index.back() |= 0x80;
  EXPECT_THAT(fault_of(packed), HasSubstr("bits behind the last entry"));
}

TEST(PackedTensor, GapsThatDoNotEndAtTheLastEntryAreRefused) {
  const auto packed = pack(random_matrix(400, 0.02), 20, 20, Dtype::f32);
  ASSERT_EQ(packed.packing, Packing::gaps);
  auto longer = packed, shorter = packed, open = packed;
  longer.index[0] += 1;
  shorter.index.pop_back();
  open.index.back() = 255;
  for (const auto& damaged : {longer, shorter, open}) {
    EXPECT_THAT(fault_of(damaged), HasSubstr("the gaps do not lead to the end of 400 entries"));
  }
  auto empty = packed;
  empty.index.clear();
  EXPECT_THAT(fault_of(empty), HasSubstr("the gaps do not lead"));
}

// A long gap is followed by another gap byte, so a file that ends in one would be read past its end.
TEST(PackedTensor, GapsThatEndInALongGapAreRefused) {
  const PackedTensor packed{.rows = 1, .cols = 255, .packing = Packing::gaps, .index = {0, kLongGap}};
  EXPECT_THAT(fault_of(packed), HasSubstr("the gaps do not lead to the end of 255 entries"));
}

TEST(PackedTensor, SizesThatOverflowAreRefused) {
  PackedTensor packed{.rows = int64_t{1} << 40, .cols = int64_t{1} << 40, .packing = Packing::bitmask};
  EXPECT_THAT(fault_of(packed), HasSubstr("is too large"));
  packed.packing = Packing::dense;
  EXPECT_THAT(fault_of(packed), HasSubstr("is too large"));
}

TEST(PackedTensor, AWrongNumberOfScalesIsRefused) {
  auto packed = pack(random_matrix(100, 0.3), 10, 10, Dtype::i8);
  packed.scales.pop_back();
  EXPECT_THAT(fault_of(packed), HasSubstr("9 scales for 10 rows of I8"));
  packed.scales.resize(11);
  EXPECT_THAT(fault_of(packed), HasSubstr("11 scales for 10 rows of I8"));
  auto floats = pack(random_matrix(100, 0.3), 10, 10, Dtype::f32);
  floats.scales.resize(10);
  EXPECT_THAT(fault_of(floats), HasSubstr("10 scales for 10 rows of F32"));
}

TEST(PackedTensor, ADenseMatrixHasNoIndex) {
  auto packed = pack_dense(random_matrix(8, 1.0), 2, 4, Dtype::f32);
  packed.index = {0xFF};
  EXPECT_THAT(fault_of(packed), HasSubstr("a dense matrix has an index"));
}

// A matrix of zeros: every long gap stands for 255 of them.
PackedTensor zeros_as_gaps(int64_t rows, int64_t cols) {
  PackedTensor packed{.rows = rows, .cols = cols, .packing = Packing::gaps};
  packed.index.assign(static_cast<size_t>(rows * cols / kLongGap), kLongGap);
  packed.index.push_back(static_cast<uint8_t>(rows * cols % kLongGap));
  return packed;
}

TEST(PackedTensor, AMatrixWithoutEntriesIsRefused) {
  for (const auto& [rows, cols] : {std::pair{0, 1 << 27}, {1 << 27, 0}, {0, 0}, {-1, 4}, {4, -1}}) {
    for (const Packing packing : {Packing::dense, Packing::bitmask, Packing::gaps, Packing::blocks}) {
      const PackedTensor packed{.rows = rows, .cols = cols, .packing = packing};
      EXPECT_EQ(fault_of(packed),
                fmt::format("m.rpp: tensor w: a matrix of {} x {} has no entries", rows, cols));
    }
  }
  EXPECT_EQ(fault_of(pack_dense(std::vector<float>{1}, 1, 1, Dtype::f32)), "no error");
}

TEST(PackedTensor, AMatrixWiderThanTheLimitIsRefused) {
  EXPECT_EQ(fault_of(zeros_as_gaps(1, kMaxPackedExtent)), "no error");
  EXPECT_EQ(fault_of(zeros_as_gaps(kMaxPackedExtent, 1)), "no error");
  EXPECT_THAT(fault_of(zeros_as_gaps(1, kMaxPackedExtent + 1)),
              HasSubstr("a matrix of 1 x 4194305 is too large"));
  EXPECT_THAT(fault_of(zeros_as_gaps(kMaxPackedExtent + 1, 1)),
              HasSubstr("a matrix of 4194305 x 1 is too large"));
  const std::vector<float> wide(kMaxPackedExtent + 1, 0.0F);
  const auto dense = pack(wide, 1, kMaxPackedExtent + 1, Dtype::i8);
  EXPECT_EQ(dense.packing, Packing::dense);
  EXPECT_EQ(fault_of(dense), "no error");
  EXPECT_EQ(pack(std::span(wide).first(kMaxPackedExtent), 1, kMaxPackedExtent, Dtype::i8).packing,
            Packing::gaps);
}

TEST(PackedTensor, ANonFiniteValueIsFoundAtEveryPosition) {
  const auto fault_with = [](size_t place, float value, Dtype dtype) {
    std::vector<float> matrix(3 * 1024, 1.0F);
    matrix[place] = value;
    return message_of([&] { check_finite(pack_dense(matrix, 3, 1024, dtype).view(), "m.rpp: tensor w"); });
  };
  for (const Dtype dtype : {Dtype::f32, Dtype::f16, Dtype::bf16}) {
    EXPECT_EQ(fault_with(5, -60000.0F, dtype), "no error");
    for (const size_t place : {0, 1023, 1024, 3071}) {
      for (const float value : {NAN, -INFINITY}) {
        EXPECT_THAT(
            fault_with(place, value, dtype),
            HasSubstr(fmt::format("m.rpp: tensor w holds NaN or infinity, first as its value {}:", place)));
      }
    }
  }
  EXPECT_EQ(fault_with(0, std::numeric_limits<float>::max(), Dtype::f32), "no error");
  auto scaled = pack_dense(std::vector<float>{1, 2, 3, 4}, 2, 2, Dtype::i8);
  const auto fault_of_scales = [&] { return message_of([&] { check_finite(scaled.view(), "w"); }); };
  EXPECT_EQ(fault_of_scales(), "no error");
  scaled.scales[1] = INFINITY;
  EXPECT_THAT(fault_of_scales(), HasSubstr("w holds NaN or infinity, first as its scale 1:"));
}

}  // namespace
}  // namespace rpp
