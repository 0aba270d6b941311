// Git LFS pointers: the small text files that a clone without `git lfs` holds in place of large ones.
#pragma once

#include <filesystem>
#include <string_view>

namespace rpp {

// Throws Error naming the file and the remedy when `content`, the bytes of `file`, is such a pointer.
// Format: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md.
void refuse_lfs_pointer(const std::filesystem::path& file, std::string_view content);

}  // namespace rpp
