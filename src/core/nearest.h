// Finds the known name closest to a mistyped one, for error messages.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rpp {

// Levenshtein distance between two byte strings.
int64_t edit_distance(std::string_view a, std::string_view b);

// The candidate with the smallest edit distance; empty when there is none.
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

// Whether one may be a typo of the other: at most four edits and at most half of the shorter one's letters,
// or a prefix of at least three letters ("acc", "accuracy").
bool is_close(std::string_view a, std::string_view b);

// nearest_name if it is close; otherwise empty.
std::string close_name(std::string_view name, std::span<const std::string> candidates);

// ": did you mean 'steps'?", or nothing if no candidate is close.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

// The same, or ": choose steps, seed or save_every".
std::string name_hint(std::string_view name, std::span<const std::string> candidates);

// "steps, seed or save_every".
std::string or_list(std::span<const std::string> names);

}  // namespace rpp
