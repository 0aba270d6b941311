// Puts the answers of a ranker into order: for each query the texts from best to worst.
#pragma once

#include <string>
#include <vector>

#include "predict/line_predictor.h"

namespace rpp {

// Consecutive lines with the same query are ranked together; they are held in memory until the next query.
class Ranking {
 public:
  // Reports at most `top` texts for each query; 0: all.
  Ranking(size_t top, LinePredictor::Report report) : top_(top), report_(std::move(report)) {}

  // Reports the texts of the query before, if it is another.
  void add(const TextLine& line, const Answer& answer);
  void finish();  // reports the texts of the last query

 private:
  size_t top_;
  LinePredictor::Report report_;
  std::vector<TextLine> lines_;  // of one query
  std::vector<Answer> answers_;
};

}  // namespace rpp
