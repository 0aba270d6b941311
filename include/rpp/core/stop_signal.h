// SIGTERM and SIGINT turned into a question that a loop can ask.
#pragma once

namespace rpp {

// Installs the handlers for its lifetime. The first signal sets the flag; a second one ends the program at
// once.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const;
};

}  // namespace rpp
