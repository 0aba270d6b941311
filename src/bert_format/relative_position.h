// The classes of distances between two tokens, for scores that depend on them (Raffel et al.,
// arXiv:1910.10683, section 2.1; MPNet, arXiv:2004.09297).
#pragma once

#include <cstdint>

namespace rpp {

// `distance` is the position of the key less that of the query. Half of the buckets are for keys behind the
// query; half of each half for one distance each, the rest grow with the logarithm of the distance up to 128.
// From 0 to kPositionBuckets - 1, equal to relative_position_bucket of transformers' modeling_mpnet.py, which
// computes with this number whatever config.json says.
int64_t relative_position_bucket(int64_t distance);

inline constexpr int64_t kPositionBuckets = 32;

}  // namespace rpp
