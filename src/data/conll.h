// The lines of a CoNLL file: a word and its tag among columns.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "data/tagged_words.h"

namespace rpp {

struct ConllPlaces {
  int64_t word = 0, tag = -1;  // columns from 0; negative: from the end
  Tags tags = Tags::read;
};

class ConllColumns {
 public:
  // The path must outlive it.
  ConllColumns(const std::filesystem::path& file, ConllPlaces places) : file_(file), places_(places) {}

  // Word and tag of a line; the tag is empty if tags are ignored. Throws Error with file and line for a line
  // without one of them, or with another number of columns than the first.
  std::pair<std::string, std::string> parse(std::string_view line, int64_t number);

 private:
  size_t place_of(int64_t column, size_t num_columns, const char* key, int64_t number) const;

  const std::filesystem::path& file_;
  ConllPlaces places_;
  size_t num_columns_ = 0;  // of the first line
};

// Blank lines, and the -DOCSTART- lines between documents.
bool is_between_sentences(std::string_view line);

}  // namespace rpp
