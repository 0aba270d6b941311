// Scores of tagged sentences, as seqeval 1.2.2 computes them in its default mode, which counts entities as
// conlleval does.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace rpp {

// Fractions in [0, 1]; 0 where nothing is predicted or nothing is to be found.
struct TaggingScores {
  double precision = 0, recall = 0, f1 = 0;  // of entities: equal if type, first and last word are equal
  double accuracy = 0;                       // of words
};

// Tags of each sentence. An entity is a run of words of one type: IOB1, IOB2, IOE, BIOES. The letter before
// the first hyphen says whether it begins or ends; a tag without hyphen, such as a part of speech, counts by
// seqeval's rule as the letter and a type: runs of one tag become entities. Throws Error when the sentences
// differ in number or length, or have no word.
TaggingScores tagging_scores(std::span<const std::vector<std::string>> predictions,
                             std::span<const std::vector<std::string>> labels);

}  // namespace rpp
