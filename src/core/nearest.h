// The known name that a mistyped one may have meant, for error messages.
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

// Whether one may be a slip of the fingers for the other: at most four edits and at most half of the shorter
// one's letters, or one of at least three letters with which the other begins ("acc", "accuracy").
bool is_close(std::string_view a, std::string_view b);

// nearest_name where that is close; empty otherwise.
std::string close_name(std::string_view name, std::span<const std::string> candidates);

// ": did you mean 'steps'?", or nothing where no candidate is close.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

// The same, or ": choose steps, seed or save_every".
std::string name_hint(std::string_view name, std::span<const std::string> candidates);

// "steps, seed or save_every".
std::string or_list(std::span<const std::string> names);

}  // namespace rpp
