// Learns the pieces of a WordPiece vocabulary from counted words, by byte-pair merges.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "word_counts.h"

namespace rpp {

// "c", then "##c" for every character; then, until there are num_pieces or nothing is left to merge, the
// concatenation of the most frequent pair of neighbouring pieces (Sennrich et al. 2016, arXiv:1508.07909,
// Algorithm 1); ties go to the pieces learned first. Words with a character that is not among `characters`
// are skipped: they will be [UNK].
std::vector<std::string> learn_pieces(std::span<const WordCount> words, const std::set<char32_t>& characters,
                                      size_t num_pieces);

}  // namespace rpp
