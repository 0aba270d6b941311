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
  int64_t max_seq_length = 384;   // [CLS] and both [SEP] included
  int64_t doc_stride = 128;       // tokens that neighbouring windows share
  int64_t max_query_length = 64;  // a longer question loses its end
  int num_threads = 0;            // 0 = the machine's cores
};

struct SquadWindow {
  int32_t question = 0;     // index into the questions
  int32_t first_token = 0;  // of the context
  int32_t num_tokens = 0;   // of the context
  // Labels: tokens of the sequence; both 0, [CLS], where the answer is not in the window or there is none.
  int32_t start_position = 0, end_position = 0;
};

struct SquadFeatures {
  std::vector<EncodedText> contexts;
  std::vector<std::vector<int32_t>> questions;  // ids
  std::vector<int64_t> context_of_question;
  std::vector<SquadWindow> windows;   // of question 0, then 1, ...
  std::vector<int64_t> first_window;  // [questions + 1]
  SpecialTokens special;
  int64_t num_cut_questions = 0;  // lost tokens to max_query_length

  int64_t num_questions() const { return static_cast<int64_t>(questions.size()); }
  std::span<const SquadWindow> windows_of(int64_t question) const;
  const EncodedText& context_of(int64_t question) const;
  // Position in a window's sequence of its first context token.
  int64_t context_begin(int64_t question) const;
};

// The windows of a context begin at its first token and share doc_stride tokens with the one before, as
// transformers' fast tokenizers cut with return_overflowing_tokens; google-research/bert's doc_stride is the
// distance of their beginnings instead. A label covers the first answer that is where the file says, by the
// rule of transformers' run_qa.py. Throws UsageError when a window would not reach further than the one
// before.
SquadFeatures make_squad_features(const SquadData& data, const Tokenizer& tokenizer,
                                  const SquadFeatureOptions& options);

// Whether of the question's windows `window` (its index among them) shows this token of the context with the
// most context on both sides: _check_is_max_context of google-research/bert's run_squad.py.
bool is_max_context(std::span<const SquadWindow> windows, size_t window, int64_t token);

// The window's sequence, and 0 up to its first [SEP], then 1; behind what is there.
void append_window(const SquadFeatures& features, const SquadWindow& window, std::vector<int32_t>& ids,
                   std::vector<int32_t>& type_ids);

}  // namespace rpp
