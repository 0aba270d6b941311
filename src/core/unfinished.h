// Files and directories that are being written under temporary names: what a program that a signal ends
// removes.
#pragma once

#include <filesystem>
#include <functional>

namespace rpp {

// Any thread may call these. Both are about one path; a path that is noted twice is removed once.
void note_unfinished(const std::filesystem::path& path);
void forget_unfinished(const std::filesystem::path& path);

// Runs `publish`, the renames that turn `path` into what it was written for, then forgets it. A signal that
// arrives in between waits, so that no directory is lost between two renames.
void publish_unfinished(const std::filesystem::path& path, const std::function<void()>& publish);

// Removes all that is noted. For the end of a program alone: nothing can be noted or published from then on.
void remove_unfinished();

}  // namespace rpp
