// The pieces of a vocabulary: id -> piece and piece -> id. In vocab.txt the line number is the id.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rpp {

class Vocabulary {
 public:
  // The index is the id. Throws Error for an empty list or a duplicate (naming both lines, counted from 1);
  // `source` is the list's name in messages, such as the file's path.
  explicit Vocabulary(std::vector<std::string> pieces, std::string_view source = "the vocabulary");

  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

  std::optional<int32_t> find(std::string_view piece) const;
  // As find(), but throws Error that names the piece and the source.
  int32_t require(std::string_view piece) const;
  const std::string& piece(int32_t id) const { return pieces_[static_cast<size_t>(id)]; }
  int32_t size() const { return static_cast<int32_t>(pieces_.size()); }
  const std::vector<std::string>& pieces() const { return pieces_; }

 private:
  std::vector<std::string> pieces_;
  std::unordered_map<std::string_view, int32_t> ids_;  // views into pieces_
  std::string source_;
};

// Reads a vocab.txt as google-research/bert does: each line is stripped of Python's white space at both ends.
// Throws Error for a missing or empty file and for duplicates, which that reader would merge silently.
Vocabulary load_vocabulary(const std::filesystem::path& path);
// The same from the file's text; `file` is the name in messages.
Vocabulary parse_vocabulary(std::string_view text, const std::filesystem::path& file);

}  // namespace rpp
