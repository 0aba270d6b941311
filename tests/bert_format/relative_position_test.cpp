#include "bert_format/relative_position.h"

#include <gtest/gtest.h>

namespace rpp {
namespace {

struct Boundary {
  int64_t distance, bucket;  // of this distance and the next ones, up to the next boundary
};

// As MPNetEncoder.relative_position_bucket of transformers 5.17 puts out for the distances -700 to 700.
constexpr Boundary kBoundaries[] = {
    {-700, 15}, {-90, 14}, {-63, 13}, {-45, 12}, {-31, 11}, {-22, 10}, {-15, 9}, {-11, 8},
    {-7, 7},    {-6, 6},   {-5, 5},   {-4, 4},   {-3, 3},   {-2, 2},   {-1, 1},  {0, 0},
    {1, 17},    {2, 18},   {3, 19},   {4, 20},   {5, 21},   {6, 22},   {7, 23},  {8, 24},
    {12, 25},   {16, 26},  {23, 27},  {32, 28},  {46, 29},  {64, 30},  {91, 31}};

TEST(RelativePosition, EveryDistanceHasTheBucketOfTransformers) {
  size_t next = 0;
  int64_t bucket = -1;
  for (int64_t distance = -700; distance <= 700; ++distance) {
    if (next < std::size(kBoundaries) && kBoundaries[next].distance == distance) {
      bucket = kBoundaries[next++].bucket;
    }
    EXPECT_EQ(relative_position_bucket(distance), bucket) << distance;
  }
}

}  // namespace
}  // namespace rpp
