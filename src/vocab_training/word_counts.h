// Counts how often each word of a text occurs, on all cores in bounded memory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tokenizer/basic_tokenizer.h"
#include "training_text.h"

namespace rpp {

struct WordCount {
  std::string word;
  int64_t count = 0;
};

struct WordCounts {
  std::vector<WordCount> words;            // distinct
  std::map<char32_t, int64_t> characters;  // of every word, including dropped ones
};

struct CountOptions {
  LetterCase letter_case = LetterCase::lower;
  int num_threads = 0;                     // 0 = the machine's cores; the counts do not depend on it
  size_t max_words = 2'000'000;            // distinct ones; beyond, the rarer half is dropped
  size_t block_bytes = size_t{512} << 10;  // of text that one thread counts at a time
};

// Counts the words of split_words_into that are no longer than kMaxWordChars. A dropped word that occurs
// again starts at zero, so counts may be too low by at most the count at which words were dropped (lossy
// counting, Manku and Motwani 2002); with fewer distinct words than max_words they are exact.
WordCounts count_words(TrainingText& text, const CountOptions& options);

}  // namespace rpp
