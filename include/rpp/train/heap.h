// The heap of the programs that train: jemalloc, set up in src/train/heap.cpp.
//
// Packed batches have another size in every step, so every step asks for blocks of other sizes. glibc's heap
// clears large blocks anew each time, or, told to keep them, fragments and grows with the number of steps
// (docs/performance.md). This one keeps freed memory for the next steps and stays as large as the largest of
// them needs. Programs with another heap (sanitizers, systems without jemalloc's replacement of malloc) work
// as well, only slower or larger.
#pragma once

namespace rpp {

// Returns what is freed by now to the system: before a measurement of memory.
void give_back_freed_memory();

}  // namespace rpp
