// The temporary names of files being written, and the removal of those that dead processes left.
//
//   .NAME.RANDOM.tmp   a file or a directory that will become NAME
//   .NAME.RANDOM.old   the previous NAME, while two renames replace a directory
//   .NAME.lock         locked by the process that writes the directory NAME
//
// A file under a temporary name is locked while its process lives.
#pragma once

#include <filesystem>
#include <string_view>

namespace rpp {

// ".NAME.RANDOM" + suffix beside `path`, unique for every call.
std::filesystem::path random_sibling(const std::filesystem::path& path, std::string_view suffix);
// ".NAME.lock" beside `path`.
std::filesystem::path lock_beside(const std::filesystem::path& path);
// The parent directory of `path`.
std::filesystem::path parent_of(const std::filesystem::path& path);

// Removes the temporary files of dead processes for the file `path`.
void remove_file_leftovers(const std::filesystem::path& path);
// The same for a directory whose lock the caller holds. If a process died between the two renames that
// replace it, the previous directory is moved back.
void remove_directory_leftovers(const std::filesystem::path& path);

}  // namespace rpp
