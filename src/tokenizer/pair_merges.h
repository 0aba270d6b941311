// Byte-pair encoding (Sennrich et al., 2016): joins neighbouring symbols, always the pair of the lowest rank,
// of equal pairs the leftmost, until no pair of the list is left. As BPE of the tokenizers library.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace rpp {

struct Merge {
  int32_t left = 0, right = 0, merged = 0;  // ids
};

class PairMerges {
 public:
  // The index is the rank. Of equal pairs the last counts.
  explicit PairMerges(std::vector<Merge> merges);

  // Appends what becomes of the symbols of a word to `ids`.
  void merge_into(std::span<const int32_t> symbols, std::vector<int32_t>& ids) const;

  const std::vector<Merge>& merges() const { return merges_; }

  static constexpr size_t kMaxScanned = 64;  // symbols; the pairs of longer words are kept in a heap

 private:
  static constexpr int32_t kNoRank = std::numeric_limits<int32_t>::max();
  static constexpr uint64_t kFree = ~uint64_t{0};
  struct Slot {
    uint64_t pair = kFree;
    int32_t rank = kNoRank;
  };

  static uint64_t pair_of(int32_t left, int32_t right) {
    return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
  }
  size_t first_slot(uint64_t pair) const { return (pair * 0x9E3779B97F4A7C15) >> shift_; }
  int32_t rank_of(int32_t left, int32_t right) const {
    const uint64_t pair = pair_of(left, right);
    size_t i = first_slot(pair);
    while (slots_[i].pair != pair && slots_[i].pair != kFree) i = (i + 1) & (slots_.size() - 1);
    return slots_[i].rank;
  }
  void insert(uint64_t pair, int32_t rank);
  void merge_scanned_into(std::span<const int32_t> symbols, std::vector<int32_t>& ids) const;
  void merge_queued_into(std::span<const int32_t> symbols, std::vector<int32_t>& ids) const;

  std::vector<Merge> merges_;
  std::vector<Slot> slots_;  // a hash table with linear probing, at most half full
  int shift_ = 0;            // 64 - log2 of its size
};

}  // namespace rpp
