#include "tokenizer/squad_decode.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <optional>

namespace rpp {
namespace {

struct Span {
  float start_logit, end_logit;
  int64_t first, last;  // tokens of the context

  float score() const { return start_logit + end_logit; }
};

// Ties go to the earlier span, so that the order depends only on the logits.
bool is_better(const Span& a, const Span& b) {
  if (a.score() != b.score()) return a.score() > b.score();
  return a.first != b.first ? a.first < b.first : a.last < b.last;
}

// Keeps the given number of best spans.
class BestSpans {
 public:
  explicit BestSpans(int64_t size) : size_(static_cast<size_t>(size)) {}

  void offer(const Span& span) {
    if (spans_.size() == size_) {
      if (!is_better(span, spans_.front())) return;
      std::pop_heap(spans_.begin(), spans_.end(), is_better);
      spans_.pop_back();
    }
    spans_.push_back(span);
    std::push_heap(spans_.begin(), spans_.end(), is_better);
  }

  std::vector<Span> sorted() && {
    std::sort_heap(spans_.begin(), spans_.end(), is_better);
    return std::move(spans_);
  }

 private:
  size_t size_;
  std::vector<Span> spans_;  // a heap, the worst at the front
};

std::vector<Span> best_spans(const SquadFeatures& features, int64_t question,
                             std::span<const SpanLogits> logits, const SquadDecoding& decoding) {
  const auto windows = features.windows_of(question);
  const auto& spans = features.context_of(question).spans;
  const int64_t context_begin = features.context_begin(question);
  BestSpans best(decoding.n_best_size);
  for (size_t w = 0; w < windows.size(); ++w) {
    const int64_t begin = windows[w].first_token, end = begin + windows[w].num_tokens;
    const int64_t shift = context_begin - begin;  // from the context's tokens to the sequence's
    for (int64_t first = begin; first < end; ++first) {
      if (!is_max_context(windows, w, first)) continue;
      const float start_logit = logits[w].start[static_cast<size_t>(first + shift)];
      for (int64_t last = first; last < std::min(end, first + decoding.max_answer_length); ++last) {
        // A piece made of blanks only has no text.
        if (spans[static_cast<size_t>(last)].end <= spans[static_cast<size_t>(first)].begin) continue;
        best.offer({start_logit, logits[w].end[static_cast<size_t>(last + shift)], first, last});
      }
    }
  }
  return std::move(best).sorted();
}

SquadCandidate null_candidate(std::span<const SpanLogits> logits) {
  SquadCandidate null;
  float least = std::numeric_limits<float>::infinity();
  for (const SpanLogits& window : logits) {
    const float score = window.start[0] + window.end[0];
    if (score >= least) continue;
    least = score;
    null = {.text = {}, .start_logit = window.start[0], .end_logit = window.end[0]};
  }
  return null;
}

double score_of(const SquadCandidate& candidate) {
  return static_cast<double>(candidate.start_logit) + static_cast<double>(candidate.end_logit);
}

// Inserts it before the first candidate that it beats; replaces the last one of a full list.
void insert_null(std::vector<SquadCandidate>& n_best, const SquadCandidate& null, int64_t n_best_size) {
  const auto place = std::ranges::find_if(
      n_best, [&](const SquadCandidate& candidate) { return score_of(candidate) < score_of(null); });
  const bool beats_one = place != n_best.end();
  n_best.insert(place, null);
  if (beats_one && static_cast<int64_t>(n_best.size()) > n_best_size) n_best.pop_back();
}

void set_probabilities(std::vector<SquadCandidate>& n_best) {
  double sum = 0;
  for (SquadCandidate& candidate : n_best) {
    candidate.probability = std::exp(score_of(candidate) - score_of(n_best.front()));
    sum += candidate.probability;
  }
  for (SquadCandidate& candidate : n_best) candidate.probability /= sum;
}

}  // namespace

void WindowLogits::append(std::span<const float> logits, std::span<const int32_t> cu_seqlens) {
  assert(static_cast<int64_t>(logits.size()) == 2 * int64_t{cu_seqlens.back()});
  for (size_t i = 0; i < logits.size(); i += 2) {
    starts_.push_back(logits[i]);
    ends_.push_back(logits[i + 1]);
  }
  const int64_t shift = bounds_.back();
  for (const int32_t bound : cu_seqlens.subspan(1)) bounds_.push_back(shift + bound);
}

std::vector<SpanLogits> WindowLogits::of(int64_t first, int64_t end) const {
  std::vector<SpanLogits> windows;
  for (auto window = static_cast<size_t>(first); window < static_cast<size_t>(end); ++window) {
    const auto begin = static_cast<size_t>(bounds_[window]);
    const auto count = static_cast<size_t>(bounds_[window + 1]) - begin;
    windows.push_back({std::span(starts_).subspan(begin, count), std::span(ends_).subspan(begin, count)});
  }
  return windows;
}

SquadPrediction decode_squad(const SquadFeatures& features, std::string_view context, int64_t question,
                             std::span<const SpanLogits> logits, const SquadDecoding& decoding) {
  assert(logits.size() == features.windows_of(question).size());
  const auto& spans = features.context_of(question).spans;
  SquadPrediction prediction;
  for (const Span& span : best_spans(features, question, logits, decoding)) {
    const TextSpan whole{spans[static_cast<size_t>(span.first)].begin,
                         spans[static_cast<size_t>(span.last)].end};
    prediction.n_best.push_back({.text = std::string(whole.of(context)),
                                 .begin = static_cast<int64_t>(whole.begin),
                                 .start_logit = span.start_logit,
                                 .end_logit = span.end_logit});
  }
  // For a question without any span the reference implementations add an empty text with score 0.
  SquadCandidate best;
  if (!prediction.n_best.empty()) best = prediction.n_best.front();
  prediction.text = prediction.best_text = best.text;
  if (decoding.may_have_no_answer) {
    const SquadCandidate null = null_candidate(logits);
    prediction.null_odds = score_of(null) - score_of(best);
    if (prediction.null_odds > decoding.null_score_diff_threshold) prediction.text.clear();
    insert_null(prediction.n_best, null, decoding.n_best_size);
  } else if (prediction.n_best.empty()) {
    prediction.n_best.push_back(best);
  }
  set_probabilities(prediction.n_best);
  return prediction;
}

}  // namespace rpp
