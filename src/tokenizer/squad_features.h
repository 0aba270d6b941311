// SQuAD questions as token sequences: [CLS] question [SEP] window of the context [SEP].
//
// A context is tokenized once; windows are views into it, so memory grows with the text and not with the
// number of windows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rpp/tokenizer.h"
#include "tokenizer/squad_data.h"

namespace rpp {

struct SquadFeatureOptions {
  int64_t max_seq_length = 384;   // including [CLS] and both [SEP]
  int64_t doc_stride = 128;       // tokens by which neighbouring windows overlap
  int64_t max_query_length = 64;  // a longer question is truncated
  int num_threads = 0;            // 0 = the machine's cores
};

struct SquadWindow {
  int32_t question = 0;     // index into the questions
  int32_t first_token = 0;  // of the context
  int32_t num_tokens = 0;   // of the context
  // Labels: token indices in the sequence; both 0, [CLS], if the answer is not in the window or there is
  // none.
  int32_t start_position = 0, end_position = 0;
};

struct SquadFeatures {
  std::vector<EncodedText> contexts;
  std::vector<std::vector<int32_t>> questions;  // ids
  std::vector<int64_t> context_of_question;
  std::vector<SquadWindow> windows;   // of question 0, then 1, ...
  std::vector<int64_t> first_window;  // [questions + 1]
  SpecialTokens special;
  int64_t num_cut_questions = 0;  // truncated to max_query_length

  int64_t num_questions() const { return static_cast<int64_t>(questions.size()); }
  std::span<const SquadWindow> windows_of(int64_t question) const;
  const EncodedText& context_of(int64_t question) const;
  // Position of a window's first context token in its sequence.
  int64_t context_begin(int64_t question) const;
};

// The windows of a context start at its first token and overlap by doc_stride tokens, as with
// return_overflowing_tokens of transformers' fast tokenizers; google-research/bert's doc_stride is the
// distance between starts instead. A label covers the first answer that is at its stated position, by the
// rule of transformers' run_qa.py. Throws UsageError when a window would not reach further than the previous
// one.
SquadFeatures make_squad_features(const SquadData& data, const Tokenizer& tokenizer,
                                  const SquadFeatureOptions& options);

// Whether `window` (its index among the question's windows) shows this context token with the most context on
// both sides: _check_is_max_context of google-research/bert's run_squad.py.
bool is_max_context(std::span<const SquadWindow> windows, size_t window, int64_t token);

// Appends the window's sequence, and 0 up to its first [SEP], then 1.
void append_window(const SquadFeatures& features, const SquadWindow& window, std::vector<int32_t>& ids,
                   std::vector<int32_t>& type_ids);

}  // namespace rpp
