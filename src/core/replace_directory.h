// Replaces a directory with another one.
#pragma once

#include <filesystem>

namespace rpp {

enum class Exchange { where_possible, never };

// Renames `temporary` to `path`. Returns the path of the previous directory; empty: there was none. If the
// file system cannot exchange two directories, a process that dies between two renames leaves nothing at
// `path`, but `.NAME.RANDOM.old` beside it (leftovers.h). Throws fs::filesystem_error.
std::filesystem::path replace_directory(const std::filesystem::path& temporary,
                                        const std::filesystem::path& path,
                                        Exchange exchange = Exchange::where_possible);

}  // namespace rpp
