// Runs code in a process that cannot start more threads.
#pragma once

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace rpp {

// In a child process (EXPECT_EXIT): `count` more threads can start, the next one gets no memory. The process
// ends after 20 seconds, so that a hang is a failure. Not usable with the address sanitizer, whose own memory
// exceeds any limit.
inline void allow_more_threads(int count) {
  constexpr size_t kStackBytes = size_t{1} << 30;
  ::alarm(20);
  std::ifstream statm("/proc/self/statm");
  size_t pages = 0;
  statm >> pages;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_setattr_default_np(&attributes);
  const size_t used = pages * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const rlim_t most = used + kStackBytes * static_cast<size_t>(count) + kStackBytes / 2;
  rlimit limit = {.rlim_cur = most, .rlim_max = most};
  ::setrlimit(RLIMIT_AS, &limit);
  ::getrlimit(RLIMIT_AS, &limit);
  if (limit.rlim_cur != most) ::_exit(0);  // qemu-aarch64 ignores the limit
}

}  // namespace rpp
