// From the scores of tokens as beginnings and ends to answers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/squad_features.h"

namespace rpp {

// Of one window: [tokens of its sequence] each.
struct SpanLogits {
  std::span<const float> start, end;
};

// Of many windows, as a model gives them.
class WindowLogits {
 public:
  // logits [tokens, 2], as beginning and as end, of windows that lie side by side: [windows + 1] bounds from
  // 0.
  void append(std::span<const float> logits, std::span<const int32_t> cu_seqlens);
  // Windows [first, end) of all that were appended; valid until more are.
  std::vector<SpanLogits> of(int64_t first, int64_t end) const;

 private:
  std::vector<float> starts_, ends_;  // [tokens]
  std::vector<int64_t> bounds_ = {0};
};

struct SquadDecoding {
  int64_t n_best_size = 20;
  int64_t max_answer_length = 30;          // tokens
  bool may_have_no_answer = false;         // SQuAD 2.0
  double null_score_diff_threshold = 0.0;  // no answer when the null odds are larger
};

struct SquadCandidate {
  std::string text;    // as the context has it; empty: no answer
  int64_t begin = -1;  // byte of the context where it stands; -1: nowhere
  float start_logit = 0, end_logit = 0;
  double probability = 0;  // softmax over the n best
};

struct SquadPrediction {
  std::string text;       // the answer; empty: none
  std::string best_text;  // of the best span; empty only where no window has a token of the context
  std::vector<SquadCandidate> n_best;  // by falling score
  double null_odds = 0;                // score of no answer - score of the best span; 0 in SQuAD 1.1
};

// `logits` are those of features.windows_of(question). A span begins at a token that its window shows with
// the most context (is_max_context) and scores the sum of its two logits; among all spans of at most
// max_answer_length tokens the best are taken, where google-research/bert's run_squad.py and transformers
// look at the n best beginnings and ends only and may find none. No answer scores as [CLS] does as beginning
// and end in the window where that is least; it is among the n best, or added to them.
SquadPrediction decode_squad(const SquadFeatures& features, std::string_view context, int64_t question,
                             std::span<const SpanLogits> logits, const SquadDecoding& decoding);

}  // namespace rpp
