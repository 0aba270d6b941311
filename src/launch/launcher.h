// Starts a program several times on this machine, as the ranks of one run, and ends them together.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "launch/signal_queue.h"

namespace rpp {

struct LaunchOptions {
  std::vector<std::string> command;  // a program and its arguments
  int64_t num_processes = 1;
  std::chrono::seconds grace{30};  // from SIGTERM to SIGKILL, when one has failed
};

// Runs the command with torchrun's variables until all processes have ended. Rank 0 has this program's
// output; the lines of the others begin with "[rank 1] ". SIGTERM and SIGINT are passed on. When a process
// fails, the others get SIGTERM. Returns the exit status of the first that failed (128 + signal if one ended
// it), else 0. Throws Error if a process cannot be started.
int launch(const LaunchOptions& options, const SignalQueue& signals);

}  // namespace rpp
