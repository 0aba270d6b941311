// The pieces of a vocabulary as a trie: finds the longest prefix of a text with one array access per byte.
//
// A double-array trie (Aoe, 1989): the child of node n for byte b is slot base[n] + b, if that slot names n
// as its parent.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rpp {

class PieceTrie {
 public:
  struct Entry {
    std::string_view piece;
    int32_t id = 0;
  };
  struct Match {
    size_t length = 0;  // bytes; 0 = no piece matches
    int32_t id = -1;
  };

  // Pieces are distinct; an empty one is never matched.
  explicit PieceTrie(std::vector<Entry> entries);

  Match longest_prefix(std::string_view text) const {
    Match match;
    int32_t node = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const int32_t child = nodes_[static_cast<size_t>(node)].base + static_cast<unsigned char>(text[i]);
      if (nodes_[static_cast<size_t>(child)].parent != node) break;
      node = child;
      const int32_t id = nodes_[static_cast<size_t>(node)].id;
      if (id >= 0) match = {i + 1, id};
    }
    return match;
  }

 private:
  struct Node {
    int32_t base = 0;
    int32_t parent = -1;  // -1 = a free slot, or the root
    int32_t id = -1;      // of the piece that ends here
  };
  int32_t place_children(int32_t parent, const std::vector<unsigned char>& bytes);
  void reserve_window(size_t base);

  std::vector<Node> nodes_;
  size_t first_candidate_ = 1;  // where the search for free slots starts
};

}  // namespace rpp
