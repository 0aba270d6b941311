#include "tokenizer/pair_merges.h"

#include <algorithm>
#include <array>
#include <bit>
#include <queue>
#include <tuple>

namespace rpp {
namespace {

// A word as a list of symbols, from which merged ones are removed.
struct Symbol {
  int32_t id = 0;
  int32_t previous = -1, next = -1;  // -1: none
};

struct Candidate {
  int32_t rank = 0, place = 0;  // of the left symbol
  int32_t left = 0, right = 0;  // the ids when it was found; others: it is out of date

  bool operator>(const Candidate& other) const {
    return std::tie(rank, place) > std::tie(other.rank, other.place);
  }
};

std::vector<Symbol> linked(std::span<const int32_t> symbols) {
  std::vector<Symbol> word(symbols.size());
  const auto size = static_cast<int32_t>(symbols.size());
  for (int32_t i = 0; i < size; ++i) {
    word[static_cast<size_t>(i)] = {symbols[static_cast<size_t>(i)], i - 1, i + 1 < size ? i + 1 : -1};
  }
  return word;
}

}  // namespace

PairMerges::PairMerges(std::vector<Merge> merges) : merges_(std::move(merges)) {
  const size_t size = std::bit_ceil(std::max<size_t>(2 * merges_.size(), 2));
  slots_.resize(size);
  shift_ = 64 - std::countr_zero(size);
  for (size_t rank = 0; rank < merges_.size(); ++rank) {
    insert(pair_of(merges_[rank].left, merges_[rank].right), static_cast<int32_t>(rank));
  }
}

void PairMerges::insert(uint64_t pair, int32_t rank) {
  size_t i = first_slot(pair);
  while (slots_[i].pair != pair && slots_[i].pair != kFree) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = {pair, rank};
}

void PairMerges::merge_into(std::span<const int32_t> symbols, std::vector<int32_t>& ids) const {
  if (symbols.size() <= kMaxScanned) {
    merge_scanned_into(symbols, ids);
  } else {
    merge_queued_into(symbols, ids);
  }
}

void PairMerges::merge_scanned_into(std::span<const int32_t> symbols, std::vector<int32_t>& ids) const {
  std::array<int32_t, kMaxScanned> word, ranks;  // ranks[i] is that of the symbols i and i + 1
  size_t size = symbols.size();
  std::ranges::copy(symbols, word.begin());
  for (size_t i = 0; i + 1 < size; ++i) ranks[i] = rank_of(word[i], word[i + 1]);
  while (size > 1) {
    const auto lowest = std::min_element(ranks.begin(), ranks.begin() + static_cast<int64_t>(size - 1));
    if (*lowest == kNoRank) break;
    const auto at = static_cast<size_t>(lowest - ranks.begin());
    word[at] = merges_[static_cast<size_t>(*lowest)].merged;
    std::copy(word.begin() + at + 2, word.begin() + size, word.begin() + at + 1);
    std::copy(ranks.begin() + at + 1, ranks.begin() + size - 1, ranks.begin() + at);
    --size;
    if (at > 0) ranks[at - 1] = rank_of(word[at - 1], word[at]);
    if (at + 1 < size) ranks[at] = rank_of(word[at], word[at + 1]);
  }
  ids.insert(ids.end(), word.begin(), word.begin() + static_cast<int64_t>(size));
}

void PairMerges::merge_queued_into(std::span<const int32_t> symbols, std::vector<int32_t>& ids) const {
  std::vector<Symbol> word = linked(symbols);
  const auto at = [&](int32_t place) -> Symbol& { return word[static_cast<size_t>(place)]; };
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto add = [&](int32_t place) {
    if (place < 0 || at(place).next < 0) return;
    const int32_t left = at(place).id, right = at(at(place).next).id;
    const int32_t rank = rank_of(left, right);
    if (rank != kNoRank) candidates.push({rank, place, left, right});
  };
  for (int32_t place = 0; place < std::ssize(word); ++place) add(place);
  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    Symbol& left = at(best.place);
    if (left.id != best.left || left.next < 0 || at(left.next).id != best.right) continue;
    left.id = merges_[static_cast<size_t>(best.rank)].merged;
    Symbol& right = at(left.next);
    right.id = -1;
    left.next = right.next;
    if (left.next >= 0) at(left.next).previous = best.place;
    add(left.previous);
    add(best.place);
  }
  for (int32_t place = 0; place >= 0; place = at(place).next) ids.push_back(at(place).id);
}

}  // namespace rpp
