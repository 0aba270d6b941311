// Learns a vocabulary from text: WordPiece (vocab.txt) or a sentencepiece model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/basic_tokenizer.h"

namespace rpp {

enum class VocabType { wordpiece, unigram, bpe };

// "wordpiece", "unigram", "bpe"; throws UsageError for another name.
VocabType parse_vocab_type(std::string_view name);

struct VocabOptions {
  std::vector<std::filesystem::path> inputs;  // UTF-8 text, plain, .gz or .zst
  std::filesystem::path output;               // directory, created if missing
  VocabType type = VocabType::wordpiece;
  int32_t size = 30522;  // pieces, including special ones
  LetterCase letter_case = LetterCase::lower;
  double character_coverage = 0.9995;  // fraction of the text's characters that get their own piece
  int64_t max_lines = 0;               // maximum number of random lines to learn from; 0 = all
  uint64_t seed = 42;                  // for sampling lines
  // 0 = the machine's cores. The vocabulary does not depend on it, except for a unigram model.
  int num_threads = 0;
};

struct VocabReport {
  int32_t size = 0;            // pieces written; fewer than requested if the text has no more
  int64_t num_lines = 0;       // read
  int64_t num_lines_used = 0;  // used for training: all, or a sample
  std::filesystem::path file;
};

// wordpiece: byte-pair merges of the words of split_words_into, written as vocab.txt with [PAD] [UNK] [CLS]
// [SEP] [MASK] first and every kept character as "c" and as "##c". unigram, bpe: sentencepiece's own trainer,
// written as spiece.model with the same five pieces. Both come with the files from which transformers loads
// them. Memory stays below 2 GB for any corpus: of more than two million distinct words the rarer half is
// dropped, and sentencepiece learns from at most 48 MiB of random lines. Throws Error when the inputs have no
// text or the size is too small for the characters.
VocabReport train_vocabulary(const VocabOptions& options);

}  // namespace rpp
