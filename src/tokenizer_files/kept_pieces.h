// A tokenizer with a part of its vocabulary.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "rpp/tokenizer.h"

namespace rpp {

// The ids that a tokenizer cannot be without, ascending: special and added tokens, bytes, and what the costs
// of the others are counted from. Throws Error as keep_pieces for the kind of the tokenizer.
std::vector<int32_t> required_pieces(const Tokenizer& tokenizer);

// The tokenizer with these ids alone, ascending and including the required ones; a new id is the place in
// `ids`. A text whose tokens are all among them has the same tokens. Throws Error for a kind whose tokens
// depend on pieces that a text does not have: BPE.
std::unique_ptr<Tokenizer> keep_pieces(const Tokenizer& tokenizer, std::span<const int32_t> ids);

}  // namespace rpp
