// Runs work in a child process, for measurements that need a fresh one: peak memory, a first call.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <type_traits>

#include "rpp/error.h"

namespace rpp {

// The result of work() in a forked child. Only from a process with one thread. Throws Error when the child
// ended without a result.
template <typename Result, typename Work>
Result in_child_process(const Work& work) {
  static_assert(std::is_trivially_copyable_v<Result>);
  int ends[2];
  RPP_CHECK(::pipe(ends) == 0, "cannot make a pipe");
  const pid_t child = ::fork();
  RPP_CHECK(child >= 0, "cannot start a process");
  if (child == 0) {
    bool written = false;
    try {
      const Result result = work();
      written = ::write(ends[1], &result, sizeof result) == sizeof result;
    } catch (...) {  // the exit status reports it
    }
    ::_exit(written ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  ::close(ends[1]);
  Result result{};
  const bool read = ::read(ends[0], &result, sizeof result) == sizeof result;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  RPP_CHECK(read && status == 0,
            "a process that was to be measured ended early: is there too little memory?");
  return result;
}

}  // namespace rpp
