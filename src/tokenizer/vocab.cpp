#include "tokenizer/vocab.h"

#include <algorithm>

#include "core/atomic_file.h"
#include "rpp/error.h"
#include "tokenizer/unicode.h"
#include "unicode_data.h"

namespace rpp {
namespace {

std::u32string_view strip(std::u32string_view text, VocabLines lines) {
  const auto is_blank = [lines](char32_t c) {
    return lines == VocabLines::google ? is_python_whitespace(c) : library_class_of(c).is(CharClass::space);
  };
  if (lines == VocabLines::google) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  }
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string encode_utf8(std::u32string_view points) {
  std::string text;
  for (const char32_t c : points) append_utf8(c, text);
  return text;
}

}  // namespace

Vocabulary::Vocabulary(std::vector<std::string> pieces, std::string_view source)
    : pieces_(std::move(pieces)), source_(source) {
  if (pieces_.empty()) fail("{} is empty: a vocabulary has one piece a line", source_);
  ids_.reserve(pieces_.size());
  for (size_t i = 0; i < pieces_.size(); ++i) ids_.insert_or_assign(pieces_[i], static_cast<int32_t>(i));
}

Vocabulary::Vocabulary(const std::map<int32_t, std::string>& pieces, std::string_view source)
    : source_(source) {
  if (pieces.empty()) fail("{} has no vocabulary", source_);
  pieces_.resize(static_cast<size_t>(pieces.rbegin()->first) + 1);
  for (const auto& [id, piece] : pieces) {
    std::string& stored = pieces_[static_cast<size_t>(id)];
    stored = piece;
    ids_.insert_or_assign(stored, id);
  }
}

std::optional<int32_t> Vocabulary::find(std::string_view piece) const {
  const auto found = ids_.find(piece);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

int32_t Vocabulary::require(std::string_view piece) const {
  const auto id = find(piece);
  if (!id) fail("{} has no piece {}: add it", source_, piece);
  return *id;
}

Vocabulary load_vocabulary(const std::filesystem::path& path) {
  return parse_vocabulary(read_file(path), path);
}

Vocabulary parse_vocabulary(std::string_view text, const std::filesystem::path& file, VocabLines lines) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    RPP_CHECK(find_invalid_utf8(line) == line.size(), "{}, line {}: not valid UTF-8", file,
              pieces.size() + 1);
    pieces.push_back(encode_utf8(strip(decode_utf8(line), lines)));
  }
  return Vocabulary(std::move(pieces), file.string());
}

}  // namespace rpp
