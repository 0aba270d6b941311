#include "predict/ranking.h"

#include <algorithm>

namespace rpp {

void Ranking::add(const TextLine& line, const Answer& answer) {
  if (!lines_.empty() && lines_.front().text != line.text) finish();
  lines_.push_back(line);
  answers_.push_back(answer);
}

void Ranking::finish() {
  const std::vector<size_t> order = best_first(answers_);
  const size_t count = top_ == 0 ? order.size() : std::min(top_, order.size());
  for (size_t i = 0; i < count; ++i) report_(lines_[order[i]], answers_[order[i]]);
  lines_.clear();
  answers_.clear();
}

}  // namespace rpp
