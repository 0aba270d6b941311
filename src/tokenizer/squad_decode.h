// Decodes answers from the start and end logits of tokens.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/squad_features.h"

namespace rpp {

// For one window: [tokens of its sequence] each.
struct SpanLogits {
  std::span<const float> start, end;
};

// For many windows, as produced by a model.
class WindowLogits {
 public:
  // logits [tokens, 2], as start and end, of concatenated windows: [windows + 1] bounds starting at 0.
  void append(std::span<const float> logits, std::span<const int32_t> cu_seqlens);
  // Windows [first, end) of all appended ones; valid until more are appended.
  std::vector<SpanLogits> of(int64_t first, int64_t end) const;

 private:
  std::vector<float> starts_, ends_;  // [tokens]
  std::vector<int64_t> bounds_ = {0};
};

struct SquadDecoding {
  int64_t n_best_size = 20;
  int64_t max_answer_length = 30;          // tokens
  bool may_have_no_answer = false;         // SQuAD 2.0
  double null_score_diff_threshold = 0.0;  // no answer if the null odds are larger
};

struct SquadCandidate {
  std::string text;    // as in the context; empty: no answer
  int64_t begin = -1;  // byte of the context where it starts; -1: none
  float start_logit = 0, end_logit = 0;
  double probability = 0;  // softmax over the n best
};

struct SquadPrediction {
  std::string text;                    // the answer; empty: none
  std::string best_text;               // of the best span; empty only if no window has a context token
  std::vector<SquadCandidate> n_best;  // by descending score
  double null_odds = 0;                // score of no answer - score of the best span; 0 in SQuAD 1.1
};

// `logits` are those of features.windows_of(question). A span starts at a token in the window that shows it
// with the most context (is_max_context), and its score is the sum of its two logits. The best of all spans
// of at most max_answer_length tokens are returned, whereas google-research/bert's run_squad.py and
// transformers only combine the n best starts and ends and may find none. The score of no answer is the
// smallest sum of start and end logits of [CLS] over the windows; no answer is always among the n best, added
// if necessary.
SquadPrediction decode_squad(const SquadFeatures& features, std::string_view context, int64_t question,
                             std::span<const SpanLogits> logits, const SquadDecoding& decoding);

}  // namespace rpp
