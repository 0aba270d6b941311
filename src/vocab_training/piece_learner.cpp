#include "piece_learner.h"

#include <algorithm>
#include <optional>
#include <queue>
#include <unordered_map>

#include "tokenizer/marks.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

using PieceId = int32_t;
using PairKey = uint64_t;

PairKey key_of(PieceId left, PieceId right) {
  return static_cast<PairKey>(left) << 32 | static_cast<uint32_t>(right);
}

struct Pair {
  int64_t count = 0;
  std::vector<uint32_t> words;  // all that contain it, and some that no longer do
};

struct Candidate {
  int64_t count = 0;
  PairKey key = 0;
  bool operator<(const Candidate& other) const {
    return count != other.count ? count < other.count : key > other.key;
  }
};

// Pairs are counted once; a merge then updates only the words that contain its pair.
class PieceLearner {
 public:
  PieceLearner(std::span<const WordCount> words, const std::set<char32_t>& characters) {
    for (const std::string_view mark : {std::string_view(), kContinuationMark}) {
      for (const char32_t c : characters) {
        std::string piece(mark);
        append_utf8(c, piece);
        id_of(piece);
      }
    }
    for (const WordCount& word : words) add_word(word);
    for (uint32_t word = 0; word < words_.size(); ++word) count_pairs(word);
    for (const auto& [key, pair] : pairs_) candidates_.push({pair.count, key});
  }

  std::vector<std::string> learn(size_t num_pieces) {
    while (pieces_.size() < num_pieces) {
      const auto best = next_best();
      if (!best) break;
      merge(*best);
    }
    return std::move(pieces_);
  }

 private:
  struct Word {
    size_t begin = 0, size = 0;  // in ids_
    int64_t count = 0;
  };

  PieceId id_of(const std::string& piece) {
    const auto [entry, is_new] = piece_ids_.emplace(piece, static_cast<PieceId>(pieces_.size()));
    if (is_new) pieces_.push_back(piece);
    return entry->second;
  }

  void add_word(const WordCount& word) {
    const size_t begin = ids_.size();
    for (size_t i = 0; i < word.word.size();) {
      std::string piece(i == 0 ? std::string_view() : kContinuationMark);
      append_utf8(next_code_point(word.word, i), piece);
      const auto known = piece_ids_.find(piece);
      if (known == piece_ids_.end()) {
        ids_.resize(begin);
        return;
      }
      ids_.push_back(known->second);
    }
    words_.push_back({begin, ids_.size() - begin, word.count});
  }

  void count_pairs(uint32_t word) {
    const auto ids = std::span(ids_).subspan(words_[word].begin, words_[word].size);
    for (size_t i = 1; i < ids.size(); ++i) add(key_of(ids[i - 1], ids[i]), word);
  }

  void add(PairKey key, uint32_t word) {
    Pair& pair = pairs_[key];
    pair.count += words_[word].count;
    if (pair.words.empty() || pair.words.back() != word) pair.words.push_back(word);
  }

  void subtract(PairKey key, uint32_t word) {
    const auto pair = pairs_.find(key);
    if (pair == pairs_.end()) return;  // the one being merged
    pair->second.count -= words_[word].count;
    if (pair->second.count == 0) pairs_.erase(pair);
  }

  // A candidate's count dates from when it was pushed: if it has grown the pair was pushed again, if it has
  // shrunk the candidate is pushed back.
  std::optional<PairKey> next_best() {
    while (!candidates_.empty()) {
      const Candidate best = candidates_.top();
      candidates_.pop();
      const auto pair = pairs_.find(best.key);
      if (pair == pairs_.end()) continue;
      if (pair->second.count == best.count) return best.key;
      if (pair->second.count < best.count) candidates_.push({pair->second.count, best.key});
    }
    return std::nullopt;
  }

  void merge(PairKey key) {
    const auto left = static_cast<PieceId>(key >> 32), right = static_cast<PieceId>(key & 0xFFFFFFFF);
    const std::vector<uint32_t> words = std::move(pairs_.at(key).words);
    pairs_.erase(key);
    const PieceId merged = id_of(pieces_[static_cast<size_t>(left)] +
                                 pieces_[static_cast<size_t>(right)].substr(kContinuationMark.size()));
    std::vector<PairKey> grown;
    for (const uint32_t word : words) merge_in_word(word, left, right, merged, grown);
    std::sort(grown.begin(), grown.end());
    grown.erase(std::unique(grown.begin(), grown.end()), grown.end());
    for (const PairKey pair : grown) {
      const auto entry = pairs_.find(pair);
      if (entry != pairs_.end()) candidates_.push({entry->second.count, pair});
    }
  }

  void merge_in_word(uint32_t word, PieceId left, PieceId right, PieceId merged,
                     std::vector<PairKey>& grown) {
    PieceId* ids = &ids_[words_[word].begin];
    const size_t size = words_[word].size;
    const auto replace = [&](PairKey before, PairKey after) {
      subtract(before, word);
      add(after, word);
      grown.push_back(after);
    };
    size_t out = 0;
    for (size_t i = 0; i < size; ++i, ++out) {
      if (i + 1 == size || ids[i] != left || ids[i + 1] != right) {
        ids[out] = ids[i];
        continue;
      }
      if (out > 0) replace(key_of(ids[out - 1], left), key_of(ids[out - 1], merged));
      if (i + 2 < size) replace(key_of(right, ids[i + 2]), key_of(merged, ids[i + 2]));
      ids[out] = merged;
      ++i;
    }
    words_[word].size = out;
  }

  std::vector<std::string> pieces_;
  std::unordered_map<std::string, PieceId> piece_ids_;
  std::vector<PieceId> ids_;  // of all words, one after another
  std::vector<Word> words_;
  std::unordered_map<PairKey, Pair> pairs_;
  std::priority_queue<Candidate> candidates_;
};

}  // namespace

std::vector<std::string> learn_pieces(std::span<const WordCount> words, const std::set<char32_t>& characters,
                                      size_t num_pieces) {
  return PieceLearner(words, characters).learn(num_pieces);
}

}  // namespace rpp
