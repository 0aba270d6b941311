#include "io/finite.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "message_of.h"

namespace rpp {
namespace {

template <typename T>
std::string message_for(Dtype dtype, const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  const TensorView tensor{
      .name = "w", .dtype = dtype, .shape = {static_cast<int64_t>(values.size())}, .data = bytes};
  return message_of([&] { check_finite("model.safetensors", tensor); });
}

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr const char* kReason =
    ": the training that wrote it has diverged or the file is damaged; take an earlier checkpoint";

TEST(CheckFinite, NamesTheTensorTheCountAndTheFirstValue) {
  EXPECT_EQ(
      message_for<float>(Dtype::f32, {1, -2, std::nanf(""), kInf, 0}),
      std::string("model.safetensors: tensor w holds 2 values that are not finite, the first is nan (entry 2 "
                  "of 5)") +
          kReason);
  EXPECT_EQ(
      message_for<float>(Dtype::f32, {-kInf}),
      std::string("model.safetensors: tensor w holds 1 value that is not finite, the first is -inf (entry 0 "
                  "of 1)") +
          kReason);
}

TEST(CheckFinite, TheLargestNumberOfEveryTypeIsFiniteAndTheNextIsNot) {
  EXPECT_EQ(message_for<float>(Dtype::f32, {std::numeric_limits<float>::max(), 0}), "no error");
  EXPECT_EQ(message_for<uint16_t>(Dtype::f16, {0x7BFF, 0xFBFF}), "no error");
  EXPECT_NE(message_for<uint16_t>(Dtype::f16, {0x7BFF, 0xFC00}), "no error");
  EXPECT_EQ(message_for<uint16_t>(Dtype::bf16, {0x7F7F, 0xFF7F}), "no error");
  EXPECT_NE(message_for<uint16_t>(Dtype::bf16, {0x7F7F, 0x7F80}), "no error");
  EXPECT_NE(message_for<uint16_t>(Dtype::bf16, {0x7FC1}), "no error");
  EXPECT_EQ(message_for<double>(Dtype::f64, {1e38, -1e38}), "no error");
  EXPECT_NE(message_for<double>(Dtype::f64, {1e39}), "no error");  // beyond fp32, to which it is converted
}

TEST(CheckFinite, IntegersPass) {
  EXPECT_EQ(message_for<int32_t>(Dtype::i32, {0x7F800000, -1}), "no error");
}

}  // namespace
}  // namespace rpp
