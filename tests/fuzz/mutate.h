// Random mutations of bytes, and mutations of JSON and other text.
#pragma once

#include <string>
#include <vector>

#include "core/rng.h"

namespace rpp {

void flip_bit(std::string& bytes, Rng& rng);
void truncate(std::string& bytes, Rng& rng);
// Copies a range of `other` over, or into, the bytes.
void splice(std::string& bytes, const std::string& other, Rng& rng);
// Replaces a number or a name with another one of the text, which may be valid there, or with a value that
// often breaks readers; half of the time surrounding quotes are removed.
void edit_token(std::string& text, Rng& rng);
// One to four of all these, mostly edits of tokens.
void mutate_text(std::string& text, const std::vector<std::string>& others, Rng& rng);

}  // namespace rpp
