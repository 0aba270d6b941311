#include <sentencepiece_processor.h>

#include <algorithm>
#include <map>
#include <set>

#include "rpp/core/error.h"
#include "rpp/text/unicode.h"
#include "rpp/text/wordpiece.h"
#include "trainers.h"
#include "training_text.h"

namespace rpp {
namespace {

constexpr std::string_view kWordStart = "\u2581";
// sentencepiece marks the start of a word with the one and unknown characters with the other.
constexpr std::u32string_view kReservedCharacters = U"\u2581\u2585";

using WordCounts = std::map<std::string, int64_t>;  // in order, so that the result does not depend on a hash

WordCounts count_words(TrainingText& text, LetterCase letter_case) {
  std::unordered_map<std::string, int64_t> counts;
  std::string line;
  std::string key;
  WordList words;
  while (text.next(line)) {
    split_words_into(line, letter_case, words);
    for (const WordList::Word& word : words.words) {
      if (word.num_chars > kMaxWordChars) continue;
      key = words.text(word);
      ++counts[key];
    }
  }
  return {counts.begin(), counts.end()};
}

// The most frequent characters that together make up `coverage` of the text.
std::set<char32_t> kept_characters(const WordCounts& words, double coverage) {
  std::map<char32_t, int64_t> counts;
  int64_t total = 0;
  for (const auto& [word, count] : words) {
    for (const char32_t c : decode_utf8(word)) {
      counts[c] += count;
      total += count;
    }
  }
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

bool is_learnable(std::string_view word, const std::set<char32_t>& kept) {
  const std::u32string points = decode_utf8(word);
  return points.find_first_of(kReservedCharacters) == std::u32string::npos &&
         std::all_of(points.begin(), points.end(), [&](char32_t c) { return kept.contains(c); });
}

// A word with a character that is not kept will be [UNK] as a whole, so merges are not learned from it.
std::vector<std::string> learnable_words(const WordCounts& words, const std::set<char32_t>& kept) {
  std::vector<std::string> lines;
  for (const auto& [word, count] : words) {
    if (is_learnable(word, kept)) lines.push_back(fmt::format("{}\t{}", word, count));
  }
  return lines;
}

// "U+2581 wo" starts a word and becomes "wo"; "rd" becomes "##rd"; the bare mark is dropped.
std::string as_wordpiece(std::string_view piece) {
  if (piece.starts_with(kWordStart)) return std::string(piece.substr(kWordStart.size()));
  return fmt::format("##{}", piece);
}

// In the order in which they were merged: the most frequent first.
std::vector<std::string> learn_merges(std::vector<std::string> words, const VocabOptions& options) {
  if (words.empty()) return {};
  size_t next_word = 0;
  const std::string model = run_sentencepiece_trainer({{"model_type", "bpe"},
                                                       {"input_format", "tsv"},
                                                       {"normalization_rule_name", "identity"},
                                                       {"character_coverage", "1.0"},
                                                       {"split_by_unicode_script", "false"},
                                                       {"split_by_number", "false"},
                                                       {"unk_id", "0"},
                                                       {"bos_id", "-1"},
                                                       {"eos_id", "-1"}},
                                                      options, [&](std::string& line) {
                                                        if (next_word == words.size()) return false;
                                                        line = words[next_word++];
                                                        return true;
                                                      });
  sentencepiece::SentencePieceProcessor processor;
  RPP_CHECK(processor.LoadFromSerializedProto(model).ok(),
            "sentencepiece cannot read the model it has learned");
  std::vector<std::string> merges;
  for (int id = 1; id < processor.GetPieceSize(); ++id)
    merges.push_back(as_wordpiece(processor.IdToPiece(id)));
  return merges;
}

std::vector<std::string> assemble(const std::set<char32_t>& characters,
                                  const std::vector<std::string>& merges, size_t size) {
  std::vector<std::string> pieces(kSpecialPieces.begin(), kSpecialPieces.end());
  for (const std::string_view mark : {"", "##"}) {
    for (const char32_t c : characters) {
      pieces.emplace_back(mark);
      append_utf8(c, pieces.back());
    }
  }
  std::set<std::string> known(pieces.begin(), pieces.end());
  for (const std::string& merge : merges) {
    if (pieces.size() == size) break;
    if (!merge.empty() && known.insert(merge).second) pieces.push_back(merge);
  }
  return pieces;
}

}  // namespace

VocabReport train_wordpiece(const VocabOptions& options) {
  TrainingText text(options);
  const WordCounts words = count_words(text, options.letter_case);
  if (words.empty()) fail_without_text(options);
  const std::set<char32_t> kept = kept_characters(words, options.character_coverage);
  const size_t smallest = kSpecialPieces.size() + 2 * kept.size();
  const auto size = static_cast<size_t>(options.size);
  RPP_CHECK(
      size >= smallest,
      "a vocabulary of {} pieces is too small: {} characters and the special pieces take {}; raise the size "
      "or lower character_coverage",
      size, kept.size(), smallest);
  const std::vector<std::string> merges = learn_merges(learnable_words(words, kept), options);
  const WordPieceTokenizer tokenizer(Vocabulary(assemble(kept, merges, size)), options.letter_case);
  tokenizer.save(options.output);
  return {.size = tokenizer.size(), .num_lines = text.num_lines(), .file = options.output / "vocab.txt"};
}

}  // namespace rpp
