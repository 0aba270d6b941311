#include "replace_directory.h"

#include <fcntl.h>
#include <stdio.h>

#include <cerrno>

#include "leftovers.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// False if the file system or the kernel lacks this call.
bool exchange_directories(const fs::path& a, const fs::path& b) {
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) return false;
  throw fs::filesystem_error("exchange", a, b, std::error_code(errno, std::generic_category()));
}

}  // namespace

fs::path replace_directory(const fs::path& temporary, const fs::path& path, Exchange exchange) {
  if (!fs::exists(path)) {
    fs::rename(temporary, path);
    return {};
  }
  if (exchange == Exchange::where_possible && exchange_directories(temporary, path)) return temporary;
  const fs::path previous = random_sibling(path, ".old");
  fs::rename(path, previous);
  fs::rename(temporary, path);
  return previous;
}

}  // namespace rpp
