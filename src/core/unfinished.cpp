#include "core/unfinished.h"

#include <mutex>
#include <set>

namespace rpp {
namespace {

// One list for the whole program, as a signal ends all of it.
struct Unfinished {
  std::mutex mutex;
  std::set<std::filesystem::path> paths;
};

Unfinished& unfinished() {
  static Unfinished list;
  return list;
}

}  // namespace

void note_unfinished(const std::filesystem::path& path) {
  const std::lock_guard lock(unfinished().mutex);
  unfinished().paths.insert(path);
}

void forget_unfinished(const std::filesystem::path& path) {
  const std::lock_guard lock(unfinished().mutex);
  unfinished().paths.erase(path);
}

void publish_unfinished(const std::filesystem::path& path, const std::function<void()>& publish) {
  const std::lock_guard lock(unfinished().mutex);
  publish();
  unfinished().paths.erase(path);
}

void remove_unfinished() {
  unfinished().mutex.lock();  // never unlocked: other threads block instead of writing on
  for (const auto& path : unfinished().paths) {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
}

}  // namespace rpp
