#include "tokenizer/piece_trie.h"

#include <algorithm>

namespace rpp {
namespace {

constexpr size_t kNumBytes = 256;

// The entries [begin, end) share their first `depth` bytes, which lead to `node`.
struct Range {
  size_t begin, end, depth;
  int32_t node;
};

std::vector<Range> split_by_byte(const std::vector<PieceTrie::Entry>& entries, const Range& range) {
  std::vector<Range> children;
  for (size_t begin = range.begin; begin < range.end;) {
    const char byte = entries[begin].piece[range.depth];
    size_t end = begin + 1;
    while (end < range.end && entries[end].piece[range.depth] == byte) ++end;
    children.push_back({begin, end, range.depth + 1, 0});
    begin = end;
  }
  return children;
}

}  // namespace

PieceTrie::PieceTrie(std::vector<Entry> entries) : nodes_(kNumBytes) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.piece < b.piece; });
  std::vector<Range> open = {{0, entries.size(), 0, 0}};
  std::vector<unsigned char> bytes;
  while (!open.empty()) {
    Range range = open.back();
    open.pop_back();
    // In sorted order the piece that ends here precedes its extensions.
    if (range.begin < range.end && entries[range.begin].piece.size() == range.depth) {
      if (range.depth > 0) nodes_[static_cast<size_t>(range.node)].id = entries[range.begin].id;
      ++range.begin;
    }
    std::vector<Range> children = split_by_byte(entries, range);
    if (children.empty()) continue;
    bytes.clear();
    for (const Range& child : children) {
      bytes.push_back(static_cast<unsigned char>(entries[child.begin].piece[range.depth]));
    }
    const int32_t base = place_children(range.node, bytes);
    for (size_t i = 0; i < children.size(); ++i) children[i].node = base + bytes[i];
    open.insert(open.end(), children.begin(), children.end());
  }
}

// First fit, starting at first_candidate_. `bytes` is sorted. Slot 0 is the root's.
int32_t PieceTrie::place_children(int32_t parent, const std::vector<unsigned char>& bytes) {
  const auto is_free = [this](size_t slot) { return nodes_[slot].parent < 0; };
  const size_t first_byte = bytes[0];
  const size_t begin = std::max(first_candidate_, first_byte);
  size_t num_taken = 0;
  size_t slot = begin;
  for (;; ++slot) {  // for the first byte
    reserve_window(slot - first_byte);
    if (!is_free(slot)) {
      ++num_taken;
    } else if (std::all_of(bytes.begin(), bytes.end(),
                           [&](size_t byte) { return is_free(slot - first_byte + byte); })) {
      break;
    }
  }
  // Without skipping ranges that are nearly full, building would take quadratic time.
  if (num_taken * 20 >= (slot - begin) * 19) first_candidate_ = slot;
  const size_t base = slot - first_byte;
  for (const size_t byte : bytes) nodes_[base + byte].parent = parent;
  nodes_[static_cast<size_t>(parent)].base = static_cast<int32_t>(base);
  return static_cast<int32_t>(base);
}

// Any byte may be looked up from any base, so a full window of slots follows each.
void PieceTrie::reserve_window(size_t base) {
  if (base + kNumBytes > nodes_.size()) nodes_.resize(base + kNumBytes);
}

}  // namespace rpp
