#include "tokenizer/piece_trie.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/rng.h"

namespace rpp {
namespace {

TEST(PieceTrie, FindsTheLongestPrefix) {
  const PieceTrie trie({{"a", 0}, {"abc", 1}, {"b", 2}});
  EXPECT_EQ(trie.longest_prefix("abcd").id, 1);
  EXPECT_EQ(trie.longest_prefix("abcd").length, 3);
  EXPECT_EQ(trie.longest_prefix("abd").id, 0);
  EXPECT_EQ(trie.longest_prefix("abd").length, 1);
}

TEST(PieceTrie, NoMatchHasLengthZero) {
  const PieceTrie trie({{"abc", 1}});
  for (const char* text : {"", "ab", "b", "\xff"}) EXPECT_EQ(trie.longest_prefix(text).length, 0) << text;
}

TEST(PieceTrie, WithoutPiecesNothingMatches) {
  EXPECT_EQ(PieceTrie({}).longest_prefix("a").length, 0);
}

TEST(PieceTrie, AnEmptyPieceIsNeverMatched) {
  const PieceTrie trie({{"", 0}, {"a", 1}});
  EXPECT_EQ(trie.longest_prefix("b").length, 0);
  EXPECT_EQ(trie.longest_prefix("a").id, 1);
}

TEST(PieceTrie, AVeryLongPieceDoesNotOverflowTheStack) {
  const std::string piece(100000, 'x');
  EXPECT_EQ(PieceTrie({{piece, 0}}).longest_prefix(piece).length, piece.size());
}

// A few byte values from both ends of the range, so that prefixes are shared.
std::string random_bytes(Rng& rng, uint64_t longest) {
  std::string bytes;
  for (uint64_t length = rng.below(longest + 1); length > 0; --length) {
    bytes += "\x01\x02xyz\xfe\xff"[rng.below(7)];
  }
  return bytes;
}

PieceTrie::Match probe_all_prefixes(const std::map<std::string, int32_t>& pieces, const std::string& text) {
  for (size_t length = text.size(); length > 0; --length) {
    const auto found = pieces.find(text.substr(0, length));
    if (found != pieces.end()) return {length, found->second};
  }
  return {};
}

TEST(PieceTrie, EqualsProbingEveryPrefixOnRandomPieces) {
  Rng rng(11);
  std::map<std::string, int32_t> pieces;
  for (int32_t id = 0; id < 3000; ++id) pieces.emplace(random_bytes(rng, 6), id);
  std::vector<PieceTrie::Entry> entries;
  for (const auto& [piece, id] : pieces) entries.push_back({piece, id});
  const PieceTrie trie(entries);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random_bytes(rng, 9);
    const PieceTrie::Match expected = probe_all_prefixes(pieces, text);
    const PieceTrie::Match match = trie.longest_prefix(text);
    ASSERT_EQ(match.length, expected.length) << testing::PrintToString(text);
    ASSERT_EQ(match.id, expected.id) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace rpp
