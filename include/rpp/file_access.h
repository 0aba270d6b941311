// How the bytes of a file are reached.
#pragma once

namespace rpp {

// mapped: if another process writes to the file, the bytes change; if it truncates the file, reading ends
// this process (SIGBUS). copied: the bytes do not change.
enum class FileAccess { mapped, copied };

}  // namespace rpp
