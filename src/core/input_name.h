// How messages and options name an input: a path, or "-" for standard input.
#pragma once

#include <filesystem>
#include <string>

namespace rpp {

// The value of --input for standard input.
bool is_standard_input(const std::filesystem::path& path);
// The name in messages: the path, or "standard input".
std::string input_name(const std::filesystem::path& path);

}  // namespace rpp
