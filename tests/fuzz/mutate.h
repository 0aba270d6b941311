// What chance does to bytes, and what someone does to JSON and to other text.
#pragma once

#include <string>

#include "core/rng.h"

namespace rpp {

void flip_bit(std::string& bytes, Rng& rng);
void truncate(std::string& bytes, Rng& rng);
// A stretch of `other` over, or into, a stretch of the bytes.
void splice(std::string& bytes, const std::string& other, Rng& rng);
// In place of a number or a name another one of the text, which may have a meaning there, or a value that
// readers stumble over; quotes around it go half the time.
void edit_token(std::string& text, Rng& rng);

}  // namespace rpp
