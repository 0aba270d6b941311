// Sentences whose words have tags: named entities, parts of speech. Files of columns (CoNLL) or JSON lines,
// plain, .gz or .zst; JSON lines are named .jsonl.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "config/config.h"

namespace rpp {

struct TaggedWords {
  std::vector<std::string> words;
  std::vector<std::string> tags;  // of the words; empty if they are not read
  std::vector<int64_t> lines;     // of the words in the file, from 1
};

enum class Tags { read, ignored };

// Calls each(sentence) for every sentence of the file.
//
// Columns: one word per line, a blank line between sentences. A line with a tab is split at tabs, another at
// blanks; all lines have as many columns. Lines that start with -DOCSTART- end a sentence and are skipped.
// JSON lines: an object per sentence with a list of words and a list of as many tags.
//
// Throws Error with file and line for a line without a tag, with more or fewer columns than the lines before
// it, without one of the keys, with lists of unequal lengths or with anything but texts in them; for a word
// or tag that is empty or holds a control character; for bytes that are not UTF-8; and for a file without
// sentences. `tags` ignored: neither column nor key is needed.
void read_tagged_words(const std::filesystem::path& file, const CustomTaskConfig& config, Tags tags,
                       const std::function<void(TaggedWords&&)>& each);

}  // namespace rpp
