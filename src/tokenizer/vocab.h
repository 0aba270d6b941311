// The pieces of a vocabulary: id -> piece and piece -> id. In vocab.txt the line number is the id.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rpp {

class Vocabulary {
 public:
  // The index is the id; find() gives the last of equal pieces. `source` is the list's name in messages, such
  // as the file's path. Throws Error for an empty list.
  explicit Vocabulary(std::vector<std::string> pieces, std::string_view source = "the vocabulary");
  // Pieces by their ids, of which some may be absent: their pieces are empty and never found.
  Vocabulary(const std::map<int32_t, std::string>& pieces, std::string_view source);

  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

  std::optional<int32_t> find(std::string_view piece) const;
  // As find(), but throws Error that names the piece and the source.
  int32_t require(std::string_view piece) const;
  const std::string& piece(int32_t id) const { return pieces_[static_cast<size_t>(id)]; }
  int32_t size() const { return static_cast<int32_t>(pieces_.size()); }  // the largest id + 1
  int32_t num_distinct() const { return static_cast<int32_t>(ids_.size()); }
  const std::vector<std::string>& pieces() const { return pieces_; }
  const std::string& source() const { return source_; }

 private:
  std::vector<std::string> pieces_;
  std::unordered_map<std::string_view, int32_t> ids_;  // views into pieces_
  std::string source_;
};

// How the lines of a vocab.txt are read: google-research/bert strips Python's white space at both ends, the
// tokenizers library Rust's at the end.
enum class VocabLines { google, library };

// Reads a vocab.txt as google-research/bert does. Throws Error for a missing or empty file.
Vocabulary load_vocabulary(const std::filesystem::path& path);
// The same from the file's text; `file` is the name in messages.
Vocabulary parse_vocabulary(std::string_view text, const std::filesystem::path& file,
                            VocabLines lines = VocabLines::google);

}  // namespace rpp
