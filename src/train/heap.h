// The heap of the programs that train: jemalloc, set up in src/train/heap.cpp.
//
// Packed batches have another size in every step, so every step asks for blocks of other sizes. glibc's heap
// clears large blocks anew each time, or, told to keep them, fragments and grows with the number of steps
// (docs/performance.md). This one keeps freed memory for the next steps, and a StepHeap has it no larger than
// the largest of them needs. Programs with another heap (sanitizers, systems without jemalloc's replacement
// of malloc) work as well, only slower or larger.
#pragma once

#include <cstdint>

namespace rpp {

// Returns what is freed by now to the system: before a measurement of memory.
void give_back_freed_memory();

// Keeps the heap at the size of the largest step. Freed blocks of one step rarely fit those of the next, so
// what the heap keeps grows slowly beyond what any step had in use at a time. When it has grown by a
// fourteenth, all that is free goes back to the system: once in some hundred steps, since pages that come
// anew are cleared first.
//
// Use: one object for the thread that runs the steps, made before the first of them.
class StepHeap {
 public:
  StepHeap();
  void end_step();

  int64_t largest_bytes() const { return largest_; }  // in use at a time; 0 where the heap does not say

 private:
  int64_t start_ = 0;  // bytes in use as the step began
  int64_t largest_ = 0;
};

}  // namespace rpp
