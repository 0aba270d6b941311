// The device of a run, and the threads of Torch's pool.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace rpp {

// Sets the number of threads of Torch's pool; returns it. 0: all cores, shared evenly with the other
// processes of the run on this machine.
int64_t use_threads(int64_t num_threads, int64_t num_processes = 1);

// "automatic" uses a GPU if this build and the machine have one. Throws UsageError for "cuda" without one.
torch::Device choose_device(const std::string& name);

}  // namespace rpp
