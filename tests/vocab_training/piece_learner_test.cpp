#include "vocab_training/piece_learner.h"

#include <gmock/gmock.h>

#include <map>

#include "core/rng.h"

namespace rpp {
namespace {

using testing::ElementsAre;

using Pieces = std::vector<std::string>;

Pieces learn(const std::vector<WordCount>& words, size_t num_merges, const std::set<char32_t>& characters) {
  Pieces pieces = learn_pieces(words, characters, 2 * characters.size() + num_merges);
  pieces.erase(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(2 * characters.size()));
  return pieces;
}

// The reference implementation: counts all pairs again before every merge.
Pieces learn_slowly(const std::vector<WordCount>& words, size_t num_pieces,
                    const std::set<char32_t>& characters) {
  Pieces pieces;
  for (const std::string mark : {"", "##"}) {
    for (const char32_t c : characters) pieces.push_back(mark + static_cast<char>(c));
  }
  const auto id_of = [&](const std::string& piece) {
    return std::find(pieces.begin(), pieces.end(), piece) - pieces.begin();
  };
  std::vector<Pieces> split;
  for (const auto& word : words) {
    split.emplace_back();
    for (const char c : word.word)
      split.back().push_back((split.back().empty() ? "" : "##") + std::string(1, c));
  }
  while (pieces.size() < num_pieces) {
    std::map<std::pair<int64_t, int64_t>, int64_t> counts;
    for (size_t w = 0; w < words.size(); ++w) {
      for (size_t i = 1; i < split[w].size(); ++i) {
        counts[{id_of(split[w][i - 1]), id_of(split[w][i])}] += words[w].count;
      }
    }
    if (counts.empty()) break;
    const auto best = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
                        return a.second < b.second;
                      })->first;
    const std::string left = pieces[static_cast<size_t>(best.first)];
    const std::string right = pieces[static_cast<size_t>(best.second)];
    const std::string merged = left + right.substr(2);
    if (id_of(merged) == std::ssize(pieces)) pieces.push_back(merged);
    for (Pieces& word : split) {
      for (size_t i = 0; i + 1 < word.size(); ++i) {
        if (word[i] != left || word[i + 1] != right) continue;
        word[i] = merged;
        word.erase(word.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      }
    }
  }
  return pieces;
}

std::vector<WordCount> random_words(uint64_t seed) {
  Rng rng(seed);
  std::vector<WordCount> words(30);
  for (auto& word : words) {
    const uint64_t length = 1 + rng.below(9);
    for (uint64_t i = 0; i < length; ++i) word.word += static_cast<char>('a' + rng.below(3));
    word.count = static_cast<int64_t>(1 + rng.below(4));
  }
  return words;
}

TEST(PieceLearner, EqualsANaiveImplementation) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const auto words = random_words(seed);
    EXPECT_EQ(learn_pieces(words, {U'a', U'b', U'c'}, 60), learn_slowly(words, 60, {U'a', U'b', U'c'}))
        << seed;
  }
}

TEST(PieceLearner, EveryCharacterStartsAndContinuesWords) {
  EXPECT_THAT(learn_pieces({}, {U'a', U'\u00e9'}, 9), ElementsAre("a", "\u00e9", "##a", "##\u00e9"));
}

TEST(PieceLearner, TheMostFrequentPairIsMergedFirst) {
  EXPECT_THAT(learn({{"ab", 3}, {"cab", 4}, {"ca", 1}}, 3, {U'a', U'b', U'c'}),
              ElementsAre("ca", "cab", "ab"));
}

TEST(PieceLearner, TiesGoToTheOlderPieces) {
  EXPECT_THAT(learn({{"ba", 2}, {"ab", 2}}, 1, {U'a', U'b'}), ElementsAre("ab"));
}

TEST(PieceLearner, RepeatedCharactersAreMergedWithoutOverlap) {
  EXPECT_THAT(learn({{"aaaaa", 1}}, 9, {U'a'}), ElementsAre("##aa", "aaa", "aaaaa"));
}

TEST(PieceLearner, WordsWithUnknownCharactersAreSkipped) {
  EXPECT_THAT(learn({{"abx", 9}, {"ba", 1}}, 9, {U'a', U'b'}), ElementsAre("ba"));
}

}  // namespace
}  // namespace rpp
