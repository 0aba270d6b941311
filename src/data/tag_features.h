// Tagged sentences as token ids, and batches of them.
//
// Every word is tokenized by itself, as transformers does with is_split_into_words, but for the blank between
// words: in byte-level BPE it is part of the token, and the text to answer later has it. A word's tag belongs
// to its first token, as in run_ner.py.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/batch.h"
#include "rpp/tokenizer.h"

namespace rpp {

struct TaggedSentence {
  std::vector<std::string> words;
  std::vector<int32_t> tags;  // classes of the words; empty: to be predicted
};

struct EncodedSentence {
  std::vector<int32_t> ids;           // [CLS] words [SEP]
  std::vector<int32_t> first_tokens;  // [tagged]: index into ids; not of words that were cut or have no token
  std::vector<int32_t> words;         // [tagged]: index of the word in the sentence
  std::vector<int32_t> tags;          // [tagged]; empty: to be predicted
  int64_t num_words = 0;
  bool was_cut = false;  // beyond max_seq_length

  int64_t num_tagged() const { return static_cast<int64_t>(first_tokens.size()); }
};

// max_seq_length: tokens, at least kMinSequenceLength (tokenizer/sequence.h), UsageError otherwise; what is
// beyond is cut.
std::vector<EncodedSentence> encode_sentences(std::span<const TaggedSentence> sentences,
                                              const Tokenizer& tokenizer, int64_t max_seq_length,
                                              int num_threads = 0);

// The sentences with these indices, packed, with `label_positions` and, unless tags are to be predicted,
// `labels`.
PackedBatch make_tag_batch(std::span<const EncodedSentence> sentences, std::span<const int64_t> indices);

}  // namespace rpp
