// System calls that a signal does not end: programs save a checkpoint on SIGTERM and go on with what they
// read.
#pragma once

#include <sys/types.h>

#include <cerrno>

namespace rpp {

// The result of `call`, such as read or write, which is repeated as long as it fails with EINTR.
template <typename Call>
ssize_t uninterrupted(Call call) {
  ssize_t result = 0;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

}  // namespace rpp
