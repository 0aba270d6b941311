// SIGHUP: a request to load the model again.
#pragma once

#include <csignal>

namespace rpp {

// RAII: the signal sets a flag that a loop polls. One instance at a time; the previous handler is restored
// afterwards.
class ReloadSignal {
 public:
  ReloadSignal();
  ~ReloadSignal();
  ReloadSignal(const ReloadSignal&) = delete;
  ReloadSignal& operator=(const ReloadSignal&) = delete;

  // Whether there was a signal since the last call.
  bool take();

 private:
  struct sigaction before_ = {};
};

}  // namespace rpp
