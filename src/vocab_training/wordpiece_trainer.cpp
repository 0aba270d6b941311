#include <algorithm>
#include <set>

#include "bert_format/model_files.h"
#include "piece_learner.h"
#include "rpp/error.h"
#include "tokenizer/wordpiece.h"
#include "trainers.h"
#include "training_text.h"
#include "word_counts.h"

namespace rpp {
namespace {

// The most frequent characters that together cover `coverage` of the text.
std::set<char32_t> kept_characters(const std::map<char32_t, int64_t>& counts, double coverage) {
  int64_t total = 0;
  for (const auto& [c, count] : counts) total += count;
  std::vector<std::pair<char32_t, int64_t>> by_count(counts.begin(), counts.end());
  std::stable_sort(by_count.begin(), by_count.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::set<char32_t> kept;
  int64_t covered = 0;
  for (const auto& [c, count] : by_count) {
    if (static_cast<double>(covered) >= coverage * static_cast<double>(total)) break;
    kept.insert(c);
    covered += count;
  }
  return kept;
}

}  // namespace

VocabReport train_wordpiece(const VocabOptions& options) {
  TrainingText text(options);
  const WordCounts counts =
      count_words(text, {.letter_case = options.letter_case, .num_threads = options.num_threads});
  if (counts.words.empty()) fail_without_text(options);
  const std::set<char32_t> kept = kept_characters(counts.characters, options.character_coverage);
  const size_t smallest = kSpecialPieces.size() + 2 * kept.size();
  const auto size = static_cast<size_t>(options.size);
  RPP_CHECK(
      size >= smallest,
      "a vocabulary of {} pieces is too small: {} characters and the special pieces take {}; raise the size "
      "or lower character_coverage",
      size, kept.size(), smallest);
  std::vector<std::string> pieces(kSpecialPieces.begin(), kSpecialPieces.end());
  for (auto& piece : learn_pieces(counts.words, kept, size - pieces.size()))
    pieces.push_back(std::move(piece));
  const WordPieceTokenizer tokenizer(Vocabulary(std::move(pieces)), options.letter_case);
  tokenizer.save(options.output);
  return {.size = tokenizer.size(),
          .num_lines = text.num_lines(),
          .num_lines_used = text.num_used(),
          .file = options.output / kVocabFile};
}

}  // namespace rpp
