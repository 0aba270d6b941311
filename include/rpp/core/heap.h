// How the process treats memory that it has freed.
#pragma once

namespace rpp {

// From now on freed memory stays with the process, whatever its size: a training step asks for the same
// blocks again, and pages that come from the system anew are cleared first. Only glibc's heap needs to be
// told.
void keep_freed_memory();

// What is freed by now goes back all the same: before a measurement of memory.
void give_back_freed_memory();

}  // namespace rpp
