// From which share of zeros on a matrix is multiplied faster without them, on the processor that runs.
#pragma once

#include "kernels.h"

namespace rpp {

// No processor is expected outside these: neither needs a measurement.
constexpr double kNeverSparseBelow = 0.2;
constexpr double kAlwaysSparseFrom = 0.8;

// The time of a matmul without the zeros, as a share of the dense one's.
struct SparseTime {
  double prune_ratio = 0;
  double share = 0;
};

// Where the straight line through two measurements says that the sparse kernel needs 1.08 times the time of
// the dense one (why not less: break_even.cpp); between the two limits above. a.prune_ratio < b.prune_ratio.
double break_even(SparseTime a, SparseTime b);

// The largest break_even of tiles with 16, 32, 48 and 64 tokens: from there on sparse is not the slower one
// for any length of text. Measured at the first call for these kernels, which takes a few milliseconds, and
// kept for the life of the process. May differ by a percent from process to process; both kernels give the
// same bits, so that no answer depends on it. Thread-safe.
double break_even_ratio(const Kernels& kernels);

}  // namespace rpp
