// A child process of the launcher.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace rpp {

struct ChildOutput {
  int out = -1;  // file descriptors that become its output; -1: those of this program
  int err = -1;
};

// Starts command[0], found on PATH, with these variables ("NAME=value"). The child gets SIGTERM when this
// program ends, however it ends. A program that cannot be started says so and exits with 127. Throws Error if
// there can be no more processes.
pid_t start_child(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                  const ChildOutput& output);

}  // namespace rpp
