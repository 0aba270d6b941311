// Names of what is being written, and what processes that died in it have left.
//
//   .NAME.RANDOM.tmp   a file or a directory that is to become NAME
//   .NAME.RANDOM.old   the NAME before it, while two renames replace a directory
//   .NAME.lock         held by the process that writes the directory NAME
//
// A file under a temporary name is itself locked as long as its process lives.
#pragma once

#include <filesystem>
#include <string_view>

namespace rpp {

// ".NAME.RANDOM" + suffix beside `path`, different at every call.
std::filesystem::path random_sibling(const std::filesystem::path& path, std::string_view suffix);
// ".NAME.lock" beside `path`.
std::filesystem::path lock_beside(const std::filesystem::path& path);
// The directory that holds `path`.
std::filesystem::path parent_of(const std::filesystem::path& path);

// Removes what dead processes left of files that were to become `path`.
void remove_file_leftovers(const std::filesystem::path& path);
// The same for a directory whose lock the caller holds. Where a process died between the two renames that
// replace it, the directory before is moved back.
void remove_directory_leftovers(const std::filesystem::path& path);

}  // namespace rpp
