// The heap of the training programs: jemalloc, configured in src/train/heap.cpp.
//
// Packed batches differ in size from step to step, and so do the allocated blocks. glibc's heap clears large
// blocks again each time, or, told to keep them, fragments and grows with the number of steps
// (docs/performance.md). This heap keeps freed memory for the next steps, and StepHeap limits it to what the
// largest step needs. Programs with another heap (sanitizers, systems without jemalloc's replacement of
// malloc) work as well, only slower or larger.
#pragma once

#include <cstdint>

namespace rpp {

// Returns all freed memory to the system, before memory is measured.
void give_back_freed_memory();

// Keeps the heap at the size of the largest step. Freed blocks of one step rarely fit those of the next, so
// the heap slowly grows beyond the peak use of any step. When it has grown by a fourteenth, all free memory
// is returned to the system: once in some hundred steps, since new pages must be cleared first.
//
// Use: one object on the thread that runs the steps, created before the first of them.
class StepHeap {
 public:
  StepHeap();
  void end_step();

  int64_t largest_bytes() const { return largest_; }  // peak bytes in use; 0 if the heap does not report it

 private:
  int64_t start_ = 0;  // bytes in use at the start of the step
  int64_t largest_ = 0;
};

}  // namespace rpp
