// How the bytes of a file are reached.
#pragma once

namespace rpp {

// mapped: whoever writes into the file changes the bytes, and whoever makes it shorter ends the process that
// reads them (SIGBUS). copied: they stay as they were.
enum class FileAccess { mapped, copied };

}  // namespace rpp
