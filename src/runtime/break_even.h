// From which prune ratio a matrix is faster sparse, on the current processor.
#pragma once

#include "kernels.h"

namespace rpp {

// Limits that hold for all processors; outside them nothing is measured.
constexpr double kNeverSparseBelow = 0.2;
constexpr double kAlwaysSparseFrom = 0.8;

// The time of a sparse matmul relative to the dense one.
struct SparseTime {
  double prune_ratio = 0;
  double share = 0;
};

// Where the straight line through two measurements reaches 1.08 times the dense time (why not 1:
// break_even.cpp), clamped to the two limits above. a.prune_ratio < b.prune_ratio.
double break_even(SparseTime a, SparseTime b);

// The largest break_even of tiles with 16, 32, 48 and 64 tokens: above it sparse is at least as fast for any
// length of text. Measured at the first call for these kernels, in a few milliseconds, and kept for the life
// of the process. May differ by a percent between processes; both kernels give the same bits, so no answer
// depends on it. Thread-safe.
double break_even_ratio(const Kernels& kernels);

}  // namespace rpp
