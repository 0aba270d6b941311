#include "rpp/text/vocab_trainer.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>

#include "rpp/core/atomic_file.h"
#include "rpp/core/error.h"
#include "rpp/core/nearest.h"
#include "rpp/core/parallel_for.h"
#include "rpp/text/sentencepiece_tokenizer.h"
#include "rpp/text/unicode.h"
#include "rpp/text/wordpiece.h"
#include "training_text.h"

namespace rpp {
namespace {

using TrainerArguments = std::unordered_map<std::string, std::string>;
using LineSource = std::function<bool(std::string&)>;

const std::vector<std::string> kSpecialPieces = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
constexpr std::string_view kWordStart = "\u2581";
// sentencepiece marks the start of a word with the one and unknown characters with the other.
constexpr char32_t kReservedCharacters[] = {U'\u2581', U'\u2585'};

class LineIterator final : public sentencepiece::SentenceIterator {
 public:
  explicit LineIterator(LineSource next_line) : next_line_(std::move(next_line)) { Next(); }
  bool done() const override { return done_; }
  void Next() override { done_ = !next_line_(line_); }
  const std::string& value() const override { return line_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  LineSource next_line_;
  std::string line_;
  bool done_ = false;
};

// sentencepiece puts "file(line) [condition]" before its message.
std::string trainer_message(const sentencepiece::util::Status& status) {
  const std::string message = status.message();
  const size_t end_of_condition = message.rfind("] ");
  return end_of_condition == std::string::npos ? message : message.substr(end_of_condition + 2);
}

// The serialized model.
std::string train_sentencepiece(TrainerArguments arguments, const VocabOptions& options,
                                LineSource next_line) {
  const int num_threads = options.num_threads > 0 ? options.num_threads : default_num_threads();
  arguments.merge(TrainerArguments{{"vocab_size", std::to_string(options.size)},
                                   {"hard_vocab_limit", "false"},
                                   {"num_threads", std::to_string(num_threads)},
                                   {"max_sentence_length", "1048576"},
                                   {"shuffle_input_sentence", "false"},
                                   {"minloglevel", "3"}});
  LineIterator lines(std::move(next_line));
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, &lines, &model);
  RPP_CHECK(status.ok(), "cannot learn a vocabulary of {} pieces from this text ({}): {}", options.size,
            trainer_message(status), "change the size or lower character_coverage");
  return model;
}

// --- wordpiece

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
  return std::all_of(points.begin(), points.end(), [&](char32_t c) {
    return kept.contains(c) && std::find(std::begin(kReservedCharacters), std::end(kReservedCharacters), c) ==
                                   std::end(kReservedCharacters);
  });
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
  const std::string model = train_sentencepiece({{"model_type", "bpe"},
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
  std::vector<std::string> pieces = kSpecialPieces;
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

VocabReport train_wordpiece(const VocabOptions& options) {
  TrainingText text(options);
  const WordCounts words = count_words(text, options.letter_case);
  if (words.empty())
    fail("the inputs hold no text: {} and {} more", options.inputs[0], options.inputs.size() - 1);
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

// --- sentencepiece

VocabReport train_spiece(const VocabOptions& options) {
  TrainingText text(options);
  std::string first_line;
  if (!text.next(first_line))
    fail("the inputs hold no text: {} and {} more", options.inputs[0], options.inputs.size() - 1);
  bool is_first = true;
  const std::string model = train_sentencepiece(
      {{"model_type", options.type == VocabType::unigram ? "unigram" : "bpe"},
       {"normalization_rule_name", options.letter_case == LetterCase::lower ? "nmt_nfkc_cf" : "nmt_nfkc"},
       {"character_coverage", std::to_string(options.character_coverage)},
       {"pad_id", "0"},
       {"unk_id", "1"},
       {"bos_id", "2"},
       {"eos_id", "3"},
       {"pad_piece", kSpecialPieces[0]},
       {"unk_piece", kSpecialPieces[1]},
       {"bos_piece", kSpecialPieces[2]},
       {"eos_piece", kSpecialPieces[3]},
       {"control_symbols", kSpecialPieces[4]}},
      options, [&](std::string& line) {
        if (!is_first) return text.next(line);
        is_first = false;
        line = first_line;
        return true;
      });
  std::filesystem::create_directories(options.output);
  const auto file = options.output / "spiece.model";
  write_file_atomically(file, model);
  const SentencePieceTokenizer tokenizer(file);
  tokenizer.save(options.output);
  return {.size = tokenizer.size(), .num_lines = text.num_lines(), .file = file};
}

}  // namespace

VocabType parse_vocab_type(std::string_view name) {
  if (name == "wordpiece") return VocabType::wordpiece;
  if (name == "unigram") return VocabType::unigram;
  if (name == "bpe") return VocabType::bpe;
  const std::vector<std::string> known = {"wordpiece", "unigram", "bpe"};
  fail_usage("unknown vocabulary type \"{}\": expected wordpiece, unigram or bpe; did you mean {}?", name,
             nearest_name(name, known));
}

VocabReport train_vocabulary(const VocabOptions& options) {
  RPP_CHECK(options.character_coverage > 0 && options.character_coverage <= 1,
            "character_coverage is {}, but must lie above 0 and not above 1", options.character_coverage);
  RPP_CHECK(options.size > 0, "the size of a vocabulary is {}, but must be positive", options.size);
  return options.type == VocabType::wordpiece ? train_wordpiece(options) : train_spiece(options);
}

}  // namespace rpp
