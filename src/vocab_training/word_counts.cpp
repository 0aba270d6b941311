#include "word_counts.h"

#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>

#include "core/parallel_for.h"
#include "core/prefetch.h"
#include "core/xxh3.h"
#include "program/progress_line.h"
#include "tokenizer/unicode.h"
#include "tokenizer/wordpiece.h"

namespace rpp {
namespace {

constexpr size_t kNumParts = 64;  // of the table, by hash: the number of threads that can add to it
constexpr size_t kBlocksPerBatch = 64;
constexpr size_t kNumCodePoints = 0x110000;

struct WordHash {
  using is_transparent = void;
  size_t operator()(std::string_view word) const { return xxh3_64(std::as_bytes(std::span(word))); }
};
using Table = std::unordered_map<std::string, int64_t, WordHash, std::equal_to<>>;

// Frequent words first; ties by hash, so that no letter is favoured.
using Rank = std::pair<int64_t, uint64_t>;
Rank rank_of(const Table::value_type& entry) {
  return {entry.second, WordHash()(entry.first)};
}

struct BlockCounts {
  WordList words;  // owns the text of the views
  std::array<std::vector<std::pair<std::string_view, int64_t>>, kNumParts> parts;
};

void count_block_into(const std::string& text, LetterCase letter_case, BlockCounts& block) {
  split_words_into(text, letter_case, block.words);
  std::unordered_map<std::string_view, int64_t, WordHash> counts;
  for (const WordList::Word& word : block.words.words) {
    if (word.num_chars <= kMaxWordChars) ++counts[block.words.text(word)];
  }
  for (const auto& [word, count] : counts) {
    block.parts[WordHash()(word) % kNumParts].emplace_back(word, count);
  }
}

class WordTable {
 public:
  explicit WordTable(int num_threads) : num_threads_(num_threads), characters_(kNumCodePoints) {}

  void add(const std::vector<BlockCounts>& blocks) {
    parallel_for(kNumParts, num_threads_, [&](int64_t begin, int64_t end) {
      for (auto part = static_cast<size_t>(begin); part < static_cast<size_t>(end); ++part) {
        for (const BlockCounts& block : blocks) add_to(parts_[part], block.parts[part]);
      }
    });
  }

  void drop_rare_beyond(size_t max_words) {
    size_t size = 0;
    for (const Table& part : parts_) size += part.size();
    if (size <= max_words) return;
    std::vector<Rank> ranks;
    ranks.reserve(size);
    for (const Table& part : parts_) {
      for (const auto& entry : part) ranks.push_back(rank_of(entry));
    }
    const auto first_kept = ranks.end() - static_cast<std::ptrdiff_t>((max_words + 1) / 2);
    std::nth_element(ranks.begin(), first_kept, ranks.end());
    for (Table& part : parts_) {
      std::erase_if(part, [&](const auto& entry) {
        const bool rare = rank_of(entry) < *first_kept;
        if (rare) count_characters(entry);
        return rare;
      });
    }
  }

  WordCounts take() {
    WordCounts counts;
    for (Table& part : parts_) {
      for (const auto& entry : part) {
        count_characters(entry);
        counts.words.push_back({entry.first, entry.second});
      }
      part = {};
    }
    for (size_t c = 0; c < kNumCodePoints; ++c) {
      if (characters_[c] > 0) counts.characters[static_cast<char32_t>(c)] = characters_[c];
    }
    return counts;
  }

 private:
  static void add_to(Table& table, std::span<const std::pair<std::string_view, int64_t>> counts) {
    for (const auto& [word, count] : counts) {
      const auto entry = table.find(word);
      if (entry != table.end()) {
        entry->second += count;
      } else {
        table.emplace(word, count);
      }
    }
  }

  void count_characters(const Table::value_type& entry) {
    for (size_t i = 0; i < entry.first.size();) characters_[next_code_point(entry.first, i)] += entry.second;
  }

  int num_threads_;
  std::array<Table, kNumParts> parts_;
  std::vector<int64_t> characters_;  // of the words dropped from the table
};

}  // namespace

WordCounts count_words(TrainingText& text, const CountOptions& options) {
  Prefetcher<std::vector<std::string>> batches(
      [&](int64_t) { return text.next_blocks(kBlocksPerBatch, options.block_bytes); }, 0, 1);
  WordTable table(options.num_threads);
  ProgressLine progress("counting words", "MB of text", 0);
  size_t bytes = 0;
  for (auto batch = batches.next(); !batch.empty(); batch = batches.next()) {
    for (const std::string& block : batch) bytes += block.size();
    progress.at(static_cast<int64_t>(bytes / 1000000));
    std::vector<BlockCounts> counts(batch.size());
    parallel_for(static_cast<int64_t>(batch.size()), options.num_threads, [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
        count_block_into(batch[i], options.letter_case, counts[i]);
      }
    });
    table.add(counts);
    table.drop_rare_beyond(options.max_words);
  }
  return table.take();
}

}  // namespace rpp
