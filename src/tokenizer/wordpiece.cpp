#include "tokenizer/wordpiece.h"

#include <nlohmann/json.hpp>

#include "bert_format/model_files.h"
#include "core/atomic_file.h"
#include "marks.h"
#include "tokenizer/piece_trie.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

std::unique_ptr<const PieceTrie> make_trie(const Vocabulary& vocabulary, bool continuations) {
  std::vector<PieceTrie::Entry> entries;
  for (int32_t id = 0; id < vocabulary.size(); ++id) {
    std::string_view piece = vocabulary.piece(id);
    if (piece.starts_with(kContinuationMark) != continuations) continue;
    if (continuations) piece.remove_prefix(kContinuationMark.size());
    entries.push_back({piece, id});
  }
  return std::make_unique<const PieceTrie>(std::move(entries));
}

std::string vocabulary_text(const Vocabulary& vocabulary) {
  std::string text;
  for (const std::string& piece : vocabulary.pieces()) text += piece + '\n';
  return text;
}

std::string config_text(LetterCase letter_case) {
  const nlohmann::ordered_json config = {{"tokenizer_class", "BertTokenizer"},
                                         {"do_lower_case", letter_case == LetterCase::lower},
                                         {"tokenize_chinese_chars", true},
                                         {"strip_accents", nullptr},
                                         {"pad_token", "[PAD]"},
                                         {"unk_token", "[UNK]"},
                                         {"cls_token", "[CLS]"},
                                         {"sep_token", "[SEP]"},
                                         {"mask_token", "[MASK]"}};
  return config.dump(2) + '\n';
}

}  // namespace

WordPieceTokenizer::WordPieceTokenizer(Vocabulary vocabulary, LetterCase letter_case)
    : vocabulary_(std::move(vocabulary)),
      letter_case_(letter_case),
      special_{.pad = vocabulary_.require("[PAD]"),
               .unk = vocabulary_.require("[UNK]"),
               .cls = vocabulary_.require("[CLS]"),
               .sep = vocabulary_.require("[SEP]"),
               .mask = vocabulary_.require("[MASK]")},
      word_starts_(make_trie(vocabulary_, false)),
      continuations_(make_trie(vocabulary_, true)) {}

WordPieceTokenizer::~WordPieceTokenizer() = default;

void WordPieceTokenizer::encode_into(std::string_view text, std::vector<int32_t>& ids) const {
  thread_local WordList words;  // keeps its memory between texts
  split_words_into(text, letter_case_, words);
  for (const WordList::Word& word : words.words) append_word(words, word, ids);
  if (words.bytes.capacity() + words.words.capacity() * sizeof(WordList::Word) > kKeptBytes) {
    WordList emptied;
    emptied.bytes.swap(words.bytes);  // an assignment would keep the memory
    emptied.words.swap(words.words);
  }
}

EncodedText WordPieceTokenizer::encode_with_offsets(std::string_view text) const {
  WordList words;
  split_words_into(text, letter_case_, words);
  const std::vector<TextSpan> sources = word_char_sources(text, letter_case_);
  EncodedText encoded;
  size_t next = 0;  // the first character of the words that no token covers yet
  const auto add_span = [&](size_t num_chars) {
    encoded.spans.push_back({sources[next].begin, sources[next + num_chars - 1].end});
    next += num_chars;
  };
  for (const WordList::Word& word : words.words) {
    const size_t first = encoded.ids.size();
    append_word(words, word, encoded.ids);
    if (encoded.ids[first] == special_.unk) {
      add_span(word.num_chars);
      continue;
    }
    for (size_t i = first; i < encoded.ids.size(); ++i) {
      const size_t mark = i == first ? 0 : kContinuationMark.size();
      add_span(count_code_points(piece(encoded.ids[i]).substr(mark)));
    }
  }
  return encoded;
}

void WordPieceTokenizer::append_word(const WordList& words, const WordList::Word& word,
                                     std::vector<int32_t>& ids) const {
  if (word.num_chars > kMaxWordChars) {
    ids.push_back(special_.unk);
  } else {
    append_pieces(words.text(word), ids);
  }
}

void WordPieceTokenizer::append_pieces(std::string_view word, std::vector<int32_t>& ids) const {
  const size_t num_ids_before = ids.size();
  const PieceTrie* trie = word_starts_.get();
  while (!word.empty()) {
    const PieceTrie::Match match = trie->longest_prefix(word);
    if (match.length == 0) {
      ids.resize(num_ids_before);
      ids.push_back(special_.unk);
      return;
    }
    ids.push_back(match.id);
    word.remove_prefix(match.length);
    trie = continuations_.get();
  }
}

std::string WordPieceTokenizer::identity() const {
  return (letter_case_ == LetterCase::lower ? "wordpiece lower\n" : "wordpiece keep\n") +
         vocabulary_text(vocabulary_);
}

bool WordPieceTokenizer::is_continuation(int32_t id) const {
  return piece(id).starts_with(kContinuationMark);
}

void WordPieceTokenizer::save(const std::filesystem::path& directory) const {
  std::filesystem::create_directories(directory);
  write_file_atomically(directory / kVocabFile, vocabulary_text(vocabulary_));
  write_file_atomically(directory / kTokenizerConfigFile, config_text(letter_case_));
}

}  // namespace rpp
