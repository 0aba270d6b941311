#include "core/lfs_pointer.h"

#include "rpp/error.h"

namespace rpp {

void refuse_lfs_pointer(const std::filesystem::path& file, std::string_view content) {
  RPP_CHECK(!content.starts_with("version https://git-lfs"),
            "{} is a Git LFS pointer, not the file itself: run git lfs pull or download it again", file);
}

}  // namespace rpp
