#include "tokenizer/wordpiece.h"

#include "tokenizer/added_vocabulary.h"
#include "tokenizer/piece_trie.h"
#include "tokenizer/unicode.h"
#include "trimmed_span.h"

namespace rpp {
namespace {

// Of equal pieces only the last is used.
std::unique_ptr<const PieceTrie> make_trie(const Vocabulary& vocabulary, std::string_view mark,
                                           bool continuations, bool with_marked_starts) {
  std::vector<PieceTrie::Entry> entries;
  for (int32_t id = 0; id < vocabulary.size(); ++id) {
    std::string_view piece = vocabulary.piece(id);
    if (vocabulary.find(piece) != id) continue;
    const bool marked = piece.starts_with(mark);
    if (continuations ? !marked : marked && !with_marked_starts) continue;
    if (continuations) piece.remove_prefix(mark.size());
    entries.push_back({piece, id});
  }
  return std::make_unique<const PieceTrie>(std::move(entries));
}

// A word may itself start with the mark, unless it is split at punctuation.
bool words_may_be_marked(const WordPieceSettings& settings) {
  const bool splits = !settings.rules || settings.rules->split == TextRules::Split::bert;
  return !splits || settings.continuation_mark != kContinuationMark;
}

}  // namespace

WordPieceTokenizer::WordPieceTokenizer(Vocabulary vocabulary, WordPieceSettings settings)
    : vocabulary_(std::move(vocabulary)),
      settings_(std::move(settings)),
      added_(settings_.added, settings_.rules.value_or(TextRules())),
      beyond_(tokens_beyond(vocabulary_, settings_.added)),
      special_{.pad = id_of_special(settings_.names.pad, vocabulary_, settings_.added),
               .unk = vocabulary_.require(settings_.names.unk),
               .cls = id_of_special(settings_.names.cls, vocabulary_, settings_.added),
               .sep = id_of_special(settings_.names.sep, vocabulary_, settings_.added),
               .mask = id_of_special(settings_.names.mask, vocabulary_, settings_.added),
               .two_separators = settings_.two_separators},
      word_starts_(
          make_trie(vocabulary_, settings_.continuation_mark, false, words_may_be_marked(settings_))),
      continuations_(make_trie(vocabulary_, settings_.continuation_mark, true, false)) {}

WordPieceTokenizer::~WordPieceTokenizer() = default;

void WordPieceTokenizer::encode_into(std::string_view text, std::vector<int32_t>& ids) const {
  check_text_size(text);
  if (!added_.in_normalized().empty()) {
    const std::vector<int32_t> encoded = encode_with_library_offsets(text).ids;
    ids.insert(ids.end(), encoded.begin(), encoded.end());
  } else if (added_.in_text().empty() || !added_.in_text().occurs_in(text)) {
    append_text(text, ids);
  } else {
    for (const TokenFinder::Part& part : added_.in_text().split(text)) {
      if (part.token != nullptr) {
        ids.push_back(part.token->id);
      } else {
        append_text(text.substr(part.begin, part.end - part.begin), ids);
      }
    }
  }
}

// For a text without added tokens.
void WordPieceTokenizer::append_text(std::string_view text, std::vector<int32_t>& ids) const {
  thread_local WordList words;  // keeps its memory between texts
  if (settings_.rules) {
    split_words_into(text, *settings_.rules, words);
  } else {
    split_words_into(text, settings_.letter_case, words);
  }
  for (const WordList::Word& word : words.words) append_word(words.text(word), word.num_chars, ids);
  if (words.bytes.capacity() + words.words.capacity() * sizeof(WordList::Word) > kKeptBytes) {
    WordList emptied;
    emptied.bytes.swap(words.bytes);  // an assignment would keep the memory
    emptied.words.swap(words.words);
  }
}

EncodedText WordPieceTokenizer::encode_with_offsets(std::string_view text) const {
  return settings_.rules ? encode_with_library_offsets(text) : encode_with_google_offsets(text);
}

EncodedText WordPieceTokenizer::encode_with_google_offsets(std::string_view text) const {
  WordList words;
  split_words_into(text, settings_.letter_case, words);
  const std::vector<TextSpan> sources = word_char_sources(text, settings_.letter_case);
  EncodedText encoded;
  append_words(words, sources, encoded);
  return encoded;
}

// `sources` are those of all characters of the words.
void WordPieceTokenizer::append_words(const WordList& words, std::span<const TextSpan> sources,
                                      EncodedText& encoded) const {
  for (const WordList::Word& word : words.words) {
    const size_t first_id = encoded.ids.size();
    append_word(words.text(word), word.num_chars, encoded.ids);
    append_spans(sources.first(word.num_chars), first_id, encoded);
    sources = sources.subspan(word.num_chars);
  }
}

EncodedText WordPieceTokenizer::encode_with_library_offsets(std::string_view text) const {
  check_text_size(text);
  EncodedText encoded;
  for (const TokenFinder::Part& part : added_.in_text().split(text)) {
    if (part.token != nullptr) {
      const TextSpan span = {static_cast<uint32_t>(part.begin), static_cast<uint32_t>(part.end)};
      append_added(*part.token, text, span, span.of(text), encoded);
    } else {
      append_with_offsets(text, part.begin, part.end, encoded);
    }
  }
  return encoded;
}

// `spelled`: with the blanks around it.
void WordPieceTokenizer::append_added(const AddedToken& token, std::string_view text, TextSpan span,
                                      std::string_view spelled, EncodedText& encoded) const {
  encoded.ids.push_back(token.id);
  encoded.spans.push_back(settings_.trim_offsets ? trimmed_span(text, span, spelled, /*keep_first=*/false)
                                                 : span);
}

// For a part of the text that no token of the unchanged text is in.
void WordPieceTokenizer::append_with_offsets(std::string_view whole, size_t begin, size_t end,
                                             EncodedText& encoded) const {
  const std::string_view text = whole.substr(begin, end - begin);
  const auto move_spans = [begin](std::vector<TextSpan>& spans) {
    const auto distance = static_cast<uint32_t>(begin);
    for (TextSpan& span : spans) span = {span.begin + distance, span.end + distance};
  };
  const bool only_words = added_.in_normalized().empty();
  auto sources = only_words ? word_char_sources(text, *settings_.rules) : std::nullopt;
  if (sources) {
    WordList words;
    split_words_into(text, *settings_.rules, words);
    move_spans(*sources);
    return append_words(words, *sources, encoded);
  }
  NormalizedText normalized = normalize_text(text, *settings_.rules);
  move_spans(normalized.sources);
  if (only_words) return append_words(normalized, 0, normalized.chars.size(), encoded);
  std::string bytes;
  std::vector<size_t> char_at;  // by byte, and the number of characters at the end
  for (size_t i = 0; i < normalized.chars.size(); ++i) {
    append_utf8(normalized.chars[i], bytes);
    char_at.resize(bytes.size(), i);
  }
  char_at.push_back(normalized.chars.size());
  for (const TokenFinder::Part& part : added_.in_normalized().split(bytes)) {
    const size_t first = char_at[part.begin], last = char_at[part.end];
    if (part.token != nullptr) {
      append_added(*part.token, whole, {normalized.sources[first].begin, normalized.sources[last - 1].end},
                   std::string_view(bytes).substr(part.begin, part.end - part.begin), encoded);
    } else {
      append_words(normalized, first, last, encoded);
    }
  }
}

void WordPieceTokenizer::append_words(const NormalizedText& text, size_t begin, size_t end,
                                      EncodedText& encoded) const {
  const auto chars = std::u32string_view(text.chars).substr(begin, end - begin);
  std::string word;
  for_each_word(chars, settings_.rules->split, [&](size_t first, size_t last) {
    word.clear();
    for (const char32_t c : chars.substr(first, last - first)) append_utf8(c, word);
    const size_t first_id = encoded.ids.size();
    append_word(word, last - first, encoded.ids);
    append_spans(std::span(text.sources).subspan(begin + first, last - first), first_id, encoded);
  });
}

// For the pieces of one word: encoded.ids from `first_id`. `sources` are those of its characters.
void WordPieceTokenizer::append_spans(std::span<const TextSpan> sources, size_t first_id,
                                      EncodedText& encoded) const {
  const bool whole_word = first_id + 1 == encoded.ids.size();  // also if it is unknown
  for (size_t i = first_id; i < encoded.ids.size(); ++i) {
    const size_t mark = i == first_id ? 0 : settings_.continuation_mark.size();
    const size_t count =
        whole_word ? sources.size() : count_code_points(vocabulary_.piece(encoded.ids[i]).substr(mark));
    encoded.spans.push_back({sources.front().begin, sources[count - 1].end});
    sources = sources.subspan(count);
  }
}

void WordPieceTokenizer::append_word(std::string_view word, size_t num_chars,
                                     std::vector<int32_t>& ids) const {
  if (num_chars > settings_.max_word_chars) {
    ids.push_back(special_.unk);
  } else {
    append_pieces(word, ids);
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

bool WordPieceTokenizer::is_continuation(int32_t id) const {
  return id < vocabulary_.size() && vocabulary_.piece(id).starts_with(settings_.continuation_mark);
}

std::string_view WordPieceTokenizer::piece(int32_t id) const {
  if (id < vocabulary_.size()) return vocabulary_.piece(id);
  return beyond_[static_cast<size_t>(id - vocabulary_.size())];
}

}  // namespace rpp
