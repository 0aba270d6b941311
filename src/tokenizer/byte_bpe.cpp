#include "tokenizer/byte_bpe.h"

#include <algorithm>
#include <deque>
#include <optional>

#include "rpp/error.h"
#include "tokenizer/added_vocabulary.h"
#include "tokenizer/byte_chars.h"
#include "tokenizer/byte_words.h"
#include "tokenizer/piece_trie.h"
#include "tokenizer/unicode.h"
#include "trimmed_span.h"
#include "unicode_data.h"

namespace rpp {
namespace {

std::vector<Merge> merges_by_id(const Vocabulary& vocabulary, const ByteBpeModel& model) {
  std::vector<Merge> merges;
  merges.reserve(model.merges.size());
  const auto id_of = [&](const std::string& piece) {
    const auto id = vocabulary.find(piece);
    RPP_CHECK(id,
              "{}: merge {} needs the piece \"{}\", which {} does not have: take both from the same model",
              model.merges_file, merges.size() + 1, piece, vocabulary.source());
    return *id;
  };
  for (const auto& [left, right] : model.merges) {
    merges.push_back({id_of(left), id_of(right), id_of(left + right)});
  }
  return merges;
}

std::array<int32_t, 256> ids_of_bytes(const Vocabulary& vocabulary) {
  std::array<int32_t, 256> ids{};
  for (size_t byte = 0; byte < ids.size(); ++byte) {
    ids[byte] = vocabulary.require(byte_char(static_cast<unsigned char>(byte)));
  }
  return ids;
}

// UTF-8 without the bytes that are not.
std::string valid_part(std::string_view text) {
  std::string valid;
  for (size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    if (next_code_point(text, end) != kInvalidUtf8) valid += text.substr(begin, end - begin);
  }
  return valid;
}

// The bytes of a text, and for each the character that it belongs to, in bytes of the whole text.
struct SourcedBytes {
  std::string bytes;
  std::vector<TextSpan> sources;

  void append(std::string_view more, TextSpan source) {
    bytes += more;
    sources.resize(bytes.size(), source);
  }
};

// `begin` is the place of `text` in the whole. The blank in front comes from the first character.
SourcedBytes sourced(std::string_view text, size_t begin, bool add_prefix_space) {
  SourcedBytes result;
  for (size_t at = 0, end = 0; at < text.size(); at = end) {
    if (next_code_point(text, end) == kInvalidUtf8) continue;
    const TextSpan source = {static_cast<uint32_t>(begin + at), static_cast<uint32_t>(begin + end)};
    if (result.bytes.empty() && add_prefix_space && text[at] != ' ') result.append(" ", source);
    result.append(text.substr(at, end - at), source);
  }
  return result;
}

}  // namespace

ByteBpeTokenizer::ByteBpeTokenizer(ByteBpeModel model, ByteBpeSettings settings)
    : vocabulary_(std::move(model.vocabulary)),
      settings_(std::move(settings)),
      merges_(merges_by_id(vocabulary_, model)),
      added_(settings_.added, kUnchangedText),
      beyond_(tokens_beyond(vocabulary_, settings_.added)),
      byte_ids_(ids_of_bytes(vocabulary_)),
      special_{.pad = id_of_special(settings_.names.pad, vocabulary_, settings_.added),
               .unk = id_of_special(settings_.names.unk, vocabulary_, settings_.added),
               .cls = id_of_special(settings_.names.cls, vocabulary_, settings_.added),
               .sep = id_of_special(settings_.names.sep, vocabulary_, settings_.added),
               .mask = id_of_special(settings_.names.mask, vocabulary_, settings_.added),
               .two_separators = settings_.two_separators},
      whole_words_(whole_words()) {}

ByteBpeTokenizer::~ByteBpeTokenizer() = default;

// Not all pieces: merges need not lead to a piece, and special tokens are spelled in the alphabet too.
std::unique_ptr<const PieceTrie> ByteBpeTokenizer::whole_words() const {
  std::deque<std::string> words;  // addresses are stable
  std::vector<PieceTrie::Entry> entries;
  std::vector<int32_t> ids;
  for (int32_t id = 0; id < vocabulary_.size(); ++id) {
    std::optional<std::string> word = bytes_of_piece(vocabulary_.piece(id));
    if (!word || word->empty()) continue;
    ids.clear();
    if (!settings_.ignore_merges) append_merged(*word, ids);
    const bool is_whole = settings_.ignore_merges || (ids.size() == 1 && ids[0] == id);
    if (is_whole) entries.push_back({words.emplace_back(*std::move(word)), id});
  }
  return std::make_unique<const PieceTrie>(std::move(entries));
}

// Calls on_token(added token, begin, end) and on_text(begin, end).
void ByteBpeTokenizer::for_each_part(std::string_view text, const auto& on_token, const auto& on_text) const {
  for (const TokenFinder::Part& part : added_.in_text().split(text)) {
    if (part.token != nullptr) {
      on_token(*part.token, part.begin, part.end);
      continue;
    }
    for (const TokenFinder::Part& inner :
         added_.in_normalized().split(text.substr(part.begin, part.end - part.begin))) {
      const size_t begin = part.begin + inner.begin, end = part.begin + inner.end;
      inner.token != nullptr ? on_token(*inner.token, begin, end) : on_text(begin, end);
    }
  }
}

void ByteBpeTokenizer::encode_into(std::string_view text, std::vector<int32_t>& ids) const {
  check_text_size(text);
  if (!added_.in_text().occurs_in(text) && !added_.in_normalized().occurs_in(text)) {
    return append_text(text, ids);
  }
  for_each_part(
      text, [&](const AddedToken& token, size_t, size_t) { ids.push_back(token.id); },
      [&](size_t begin, size_t end) { append_text(text.substr(begin, end - begin), ids); });
}

// For a text without added tokens.
void ByteBpeTokenizer::append_text(std::string_view text, std::vector<int32_t>& ids) const {
  if (find_invalid_utf8(text) == text.size()) {
    append_valid(text, ids);
  } else {
    append_valid(valid_part(text), ids);
  }
}

void ByteBpeTokenizer::append_valid(std::string_view text, std::vector<int32_t>& ids) const {
  if (settings_.add_prefix_space && !text.empty() && text[0] != ' ') {
    append_words(' ' + std::string(text), ids);
  } else {
    append_words(text, ids);
  }
}

void ByteBpeTokenizer::append_words(std::string_view text, std::vector<int32_t>& ids) const {
  for (size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    end = end_of_byte_word(text, begin);
    const std::string_view word = text.substr(begin, end - begin);
    const PieceTrie::Match match = whole_words_->longest_prefix(word);
    if (match.length == word.size()) {
      ids.push_back(match.id);
    } else {
      append_merged(word, ids);
    }
  }
}

void ByteBpeTokenizer::append_merged(std::string_view word, std::vector<int32_t>& ids) const {
  thread_local std::vector<int32_t> symbols;  // keeps its memory between words
  symbols.clear();
  for (const char byte : word) symbols.push_back(byte_ids_[static_cast<unsigned char>(byte)]);
  merges_.merge_into(symbols, ids);
  if (symbols.capacity() > kKeptBytes / sizeof(int32_t)) std::vector<int32_t>().swap(symbols);
}

EncodedText ByteBpeTokenizer::encode_with_offsets(std::string_view text) const {
  check_text_size(text);
  EncodedText encoded;
  for_each_part(
      text,
      [&](const AddedToken& token, size_t begin, size_t end) {
        const TextSpan span = {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
        encoded.ids.push_back(token.id);
        encoded.spans.push_back(trimmed(text, span, span.of(text), encoded.spans.empty()));
      },
      [&](size_t begin, size_t end) { append_with_offsets(text, begin, end, encoded); });
  return encoded;
}

// For a part of the text without added tokens. A token that starts or ends within a character has all of it.
void ByteBpeTokenizer::append_with_offsets(std::string_view text, size_t begin, size_t end,
                                           EncodedText& encoded) const {
  const SourcedBytes valid = sourced(text.substr(begin, end - begin), begin, settings_.add_prefix_space);
  append_words(valid.bytes, encoded.ids);
  for (size_t i = encoded.spans.size(), first = 0; i < encoded.ids.size(); ++i) {
    const std::string_view spelled = piece(encoded.ids[i]);
    const size_t next = first + count_code_points(spelled);  // one for each byte
    const TextSpan span = {valid.sources[first].begin, valid.sources[next - 1].end};
    encoded.spans.push_back(trimmed(text, span, spelled, encoded.spans.empty()));
    first = next;
  }
}

TextSpan ByteBpeTokenizer::trimmed(std::string_view text, TextSpan span, std::string_view spelled,
                                   bool is_first) const {
  if (!settings_.trim_offsets) return span;
  const bool at_start = is_first || span.begin == 0;
  return trimmed_span(text, span, spelled, settings_.keep_first_blank && at_start);
}

bool ByteBpeTokenizer::is_continuation(int32_t id) const {
  const auto is_it = [id](const AddedToken& token) { return token.id == id; };
  return std::ranges::none_of(settings_.added, is_it) && !piece(id).starts_with(kBlankChar);
}

std::string_view ByteBpeTokenizer::piece(int32_t id) const {
  if (id < vocabulary_.size()) return vocabulary_.piece(id);
  return beyond_[static_cast<size_t>(id - vocabulary_.size())];
}

}  // namespace rpp
