// Files and directories being written under temporary names, which a program ended by a signal removes.
#pragma once

#include <filesystem>
#include <functional>

namespace rpp {

// Thread-safe. Both take one path; a path registered twice is removed once.
void note_unfinished(const std::filesystem::path& path);
void forget_unfinished(const std::filesystem::path& path);

// Runs `publish`, the renames that move `path` to its final name, then unregisters it. A signal during
// `publish` waits, so that no directory is lost between two renames.
void publish_unfinished(const std::filesystem::path& path, const std::function<void()>& publish);

// Removes all registered paths. Only for the end of the program: nothing can be registered or published
// afterwards.
void remove_unfinished();

}  // namespace rpp
