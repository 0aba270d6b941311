#include "rpp/text/vocab.h"

#include "rpp/core/error.h"
#include "rpp/core/line_reader.h"
#include "rpp/text/unicode.h"

namespace rpp {
namespace {

std::u32string_view strip(std::u32string_view text) {
  while (!text.empty() && is_python_whitespace(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_python_whitespace(text.back())) text.remove_suffix(1);
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
  for (size_t i = 0; i < pieces_.size(); ++i) {
    const auto [first, inserted] = ids_.emplace(pieces_[i], static_cast<int32_t>(i));
    if (!inserted) {
      fail("{}: lines {} and {} both hold the piece \"{}\": remove or rename one, or ids would be ambiguous",
           source_, first->second + 1, i + 1, pieces_[i]);
    }
  }
}

std::optional<int32_t> Vocabulary::find(std::string_view piece) const {
  const auto found = ids_.find(piece);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

int32_t Vocabulary::require(std::string_view piece) const {
  const auto id = find(piece);
  if (!id) fail("{} has no piece {}: add it as a line of its own", source_, piece);
  return *id;
}

Vocabulary load_vocabulary(const std::filesystem::path& path) {
  LineReader reader(path);
  std::vector<std::string> pieces;
  std::string line;
  while (reader.next(line)) {
    const std::u32string points = decode_utf8(line);
    if (encode_utf8(points) != line) fail("{}, line {}: not valid UTF-8", path, reader.line_number());
    pieces.push_back(encode_utf8(strip(points)));
  }
  return Vocabulary(std::move(pieces), path.string());
}

}  // namespace rpp
