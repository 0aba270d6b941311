// How messages and options name an input: a path, or "-" for standard input.
#pragma once

#include <filesystem>
#include <string>

namespace rpp {

// What --input - says.
bool is_standard_input(const std::filesystem::path& path);
// As messages call it: the path, or "standard input".
std::string input_name(const std::filesystem::path& path);

}  // namespace rpp
